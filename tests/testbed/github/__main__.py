"""The stand-in as a process of its own: prints its address as one line and runs until it is ended."""

import argparse
import signal
import threading
from pathlib import Path

from tests.testbed.github import GitHubServer


def main() -> None:
    """Run `python -m tests.testbed.github --port 0 --root FOLDER`."""
    parser = argparse.ArgumentParser(prog="python -m tests.testbed.github", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--root", type=Path, help="folder for the bare repositories; default: one that is removed")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    parser.add_argument("--validate", action="store_true", help="check answers against GitHub's description")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with GitHubServer(options.root, port=options.port, seed=options.seed, validate=options.validate) as server:
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
