"""A rehearsal in a process of its own, which kills itself (SIGKILL) at a chosen point: `python -m tests.killed`, told by standard input."""

import json
import os
import signal
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from pipeline_defs.release.records import Release
from pipeline_defs.server.command import Command, Listener, Result, Runner
from pipeline_defs.server.rehearse import rehearse
from pipeline_defs.server.site import Site
from tests.kill_shop import quick, task
from tests.shop import Shop, load

_STEP = 6
"""Where `journal.journalled` has the step's name in a command; before it are the shell's words and the journal's path."""


@dataclass(frozen=True)
class Point:
    """When a rehearsal is killed: right before the command of `step` is sent, or `after` so many seconds that it ran."""

    step: str
    after: float | None = None

    def __str__(self) -> str:
        return f"{self.step}, {'before' if self.after is None else 'amid'}"


def step_of(command: Command) -> str:
    """The step a command is about; for what has no step, such as taking the lock, the first word of what it says."""
    words = command.argv
    if len(words) > _STEP and words[4].endswith(".jsonl"):
        return words[_STEP]
    return command.shown().partition(" ")[0]


class KillingServer:
    """The real server, until the point: there this process dies as `kill -9` ends it."""

    def __init__(self, server: Runner, point: Point) -> None:
        self.server, self.point = server, point

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        if step_of(command) == self.point.step:
            if self.point.after is None:
                _die()
            threading.Timer(self.point.after, _die).start()
        return self.server.run(command, timeout=timeout, listen=listen)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def told(shop: Shop, release: Release, point: Point) -> str:
    """What the process is to be told."""
    return json.dumps({"environment": shop.bed.environment(), "release": release.model_dump(), "point": asdict(point)})


def main(given: dict[str, Any]) -> None:
    """Rehearse until the point; prints what became of it where the point was never reached."""
    bed = cast(Any, SimpleNamespace(environment=lambda: given["environment"]))
    with tempfile.TemporaryDirectory() as folder:
        shop = quick(Shop(bed, load(bed), Path(folder)))
        with shop.server() as server:
            killing = KillingServer(server, Point(**given["point"]))
            report = rehearse(task(shop, Release(**given["release"])), killing, Site.of(shop.app, "production"))
    print(f"it was not killed: {report.outcome}, {report.error or 'no error'}")


if __name__ == "__main__":
    main(json.load(sys.stdin))
