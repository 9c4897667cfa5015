"""Kills: rehearsals that are killed one after the other, each compared with what production was before."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.records import Release
from pipeline_defs.resources.connection import Connection
from pipeline_defs.server.command import Command, Listener, Result
from pipeline_defs.server.rehearse import rehearse
from pipeline_defs.server.site import Site
from tests.kill_shop import quick, task
from tests.killed import Point, step_of, told
from tests.shop import Shop
from tests.untouched import State, differences, left_of, state_of

_SECONDS = 300


@dataclass
class Kills:
    """Kills the rehearsals of a release that needs a downgrade for its way back, so that each has every step there is.

    Attributes:
        changed: what was found different in production after a kill, by its point.
        failed: rehearsals after a kill that did not go as they should.
    """

    shop: Shop
    server: Connection
    release: Release
    changed: dict[str, list[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._production = Site.of(self.shop.app, "production")
        self._before: State = state_of(self._production, self.server)

    def kill(self, point: Point) -> None:
        """Kill a rehearsal there. That it comes so far shows that the kill before it was made good."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.killed"],
            input=told(self.shop, self.release, point),
            text=True,
            capture_output=True,
            cwd=PROJECT,
            timeout=_SECONDS,
        )
        if done.returncode != -signal.SIGKILL:
            said = (done.stderr or done.stdout).strip().splitlines()
            self.failed.append(f"to be killed at {point}: {said[-1] if said else f'exit status {done.returncode}'}")
        self._compare(str(point))

    def passes(self, after: str) -> None:
        """The next rehearsal, which nobody kills, has to pass and to leave nothing behind."""
        found = self.seconds_by_step(after)
        left = left_of(Site.of(self.shop.app, "staging"), self.server)
        if found and left:
            self.failed.append(f"after {after}: left behind {left}")
        self._compare(f"{after}, and a rehearsal")

    def seconds_by_step(self, after: str = "nothing") -> dict[str, float]:
        """Rehearse to the end: every command's step and its seconds, in order; empty where it failed."""
        listening = _Listening(self.server)
        report = rehearse(task(quick(self.shop), self.release), listening, self._production)
        if report.error or report.way_back is None or report.way_back.verdict is not Verdict.NEEDS_DOWNGRADE:
            self.failed.append(f"after {after}: {report.error or report.way_back}")
            return {}
        return listening.seconds

    def _compare(self, when: str) -> None:
        found = differences(self._before, state_of(self._production, self.server))
        if found:
            self.changed[when] = found
            self._before = state_of(self._production, self.server)


class _Listening:
    """The real server; remembers which steps there were and how long each took."""

    def __init__(self, server: Connection) -> None:
        self.server = server
        self.seconds: dict[str, float] = {}

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        began = time.monotonic()
        try:
            return self.server.run(command, timeout=timeout, listen=listen)
        finally:
            self.seconds.setdefault(step_of(command), time.monotonic() - began)
