"""The code server in a container: `python -m pipeline_defs.cli.serve_code HOST PORT`.

Dagster's own lives on when the process that holds the definitions has died, and calls itself healthy. This one ends with it, and the
Engine starts the container again.
"""

import logging
import os
import signal
import sys
import threading
from typing import Any

from pipeline_defs.cli.child_process import CODE_SERVER, STOP_SECONDS, code_child, end
from pipeline_defs.cli.definitions_reload import Reloading
from pipeline_defs.config import Home


def main(host: str, port: int) -> None:
    """Returns after SIGTERM or SIGINT; ends with one sentence and status 1 when the code server is of no more use."""
    stop = threading.Event()

    def on_signal(*_: Any) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    from pipeline_defs.runtime.program_log import write_log

    write_log()
    child = code_child(None, "-m", "dagster", *CODE_SERVER, "-h", host, "-p", str(port))
    child.start(os.environ)
    death = None
    address = f"{host if host != '0.0.0.0' else '127.0.0.1'}:{port}"
    files = Reloading(Home.find(), address, os.environ, logging.getLogger(__name__).error)
    while death is None and not stop.wait(1.0):
        files.check_files()
        death = child.death()
    assert child.process is not None, "it was started"
    end([child.process], seconds=STOP_SECONDS)
    if death is not None:
        logging.getLogger(__name__).error("the code server %s", death)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
