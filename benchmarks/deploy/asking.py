"""Asking: a process of its own that asks a URL 80 times a second by 8 connections: `python -m benchmarks.deploy.asking URL`.

It ends with its standard input and prints what came of it as JSON. Its times are of `time.monotonic`, which all processes share.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline_defs.config.home import PROJECT
from tests.support.load import Load

CONNECTIONS, RATE = 8, 80


@dataclass
class Asked:
    """What came of the requests, once they have ended; `good` are the times of the good answers."""

    good: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def longest_gap(self) -> float:
        """Between two good answers, in seconds."""
        return max((after - before for before, after in pairwise(sorted(self.good))), default=0.0)


@contextmanager
def asking(url: str) -> Iterator[Asked]:
    """Have it asked while the block runs."""
    words = [sys.executable, "-m", "benchmarks.deploy.asking", url]
    asked = Asked()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as client:
        try:
            yield asked
        except BaseException:
            client.kill()
            raise
        asked.good, asked.failed = json.loads(client.communicate()[0])


def main(url: str) -> None:
    """Ask until standard input ends."""
    # Real clients are other machines: this one must not wait for a processor that it shares with what it measures.
    with contextlib.suppress(PermissionError):
        os.nice(-10)
    began = time.monotonic()
    with Load(url, connections=CONNECTIONS, rate=RATE) as load:
        sys.stdin.read()
    print(json.dumps([[began + at for at in load.good], load.failed]))


if __name__ == "__main__":
    main(*sys.argv[1:])
