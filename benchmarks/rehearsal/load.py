"""Load: production answers 50 requests a second while a release is rehearsed beside it on a copy of its 1 GB, on two cores."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.parts import Failed, Tell
from benchmarks.rehearsal.client import Answer
from benchmarks.rehearsal.database import grow
from benchmarks.rehearsal.figures import Figures, p95
from benchmarks.rehearsal.ground import Ground
from benchmarks.rehearsal.processors import on_two_cores
from pipeline_defs.config.home import PROJECT
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from tests.support.bad_files import good
from tests.support.moments import Moments

RATE = 50
ROUTE = "/products"
BEFORE_SECONDS = 30.0
SETTLE_SECONDS = 20.0
"""After a gigabyte was written, before anything is measured: PostgreSQL writes on for a while."""


def measure(ground: Ground, tell: Tell) -> Figures:
    """Ask before and during the rehearsal, at the same rate."""
    size = grow(ground.production, ground.server)
    tell(f"production's database has {size / 1e6:.0f} MB")
    release = good(ground.shop)
    url = f"{ground.shop.app.environments['production'].url}{ROUTE}"
    with on_two_cores(ground.shop.bed.servers[0]):
        time.sleep(SETTLE_SECONDS)
        with _asking(url) as before:
            time.sleep(BEFORE_SECONDS)
        _tell("before", before.answers, tell)
        watch = _Watch()
        with _asking(url) as during:
            report = rehearse(ground.shop.task("staging", release), Moments(ground.server, watch), ground.production)
    if report.error:
        raise Failed(report.error)
    for step, (begin, end) in watch.times.items():
        _tell(step, [each for each in during.answers if begin <= each[0] < end], tell)
    _tell("during", during.answers, tell)
    return {
        "database_mb": round(size / 1e6),
        "failed_requests": sum(status != 200 for _, _, status in during.answers),
        "latency_ratio_p95": round(_p95(during.answers) / _p95(before.answers), 2),
        "seconds_by_step": _seconds_by_step(report),
    }


def _seconds_by_step(report: Report) -> dict[str, float]:
    """In the order of the first time; what comes twice, as `down` does, is added up."""
    seconds: dict[str, float] = {}
    for step in report.steps:
        seconds[step.step] = round(seconds.get(step.step, 0.0) + step.seconds, 3)
    return seconds


@dataclass
class _Asked:
    """The answers, once all are there."""

    answers: list[Answer] = field(default_factory=list)


@contextmanager
def _asking(url: str) -> Iterator[_Asked]:
    """Have a client ask in a process of its own while the block runs."""
    words = [sys.executable, "-m", "benchmarks.rehearsal.client", url, str(RATE)]
    asked = _Asked()
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as client:
        try:
            yield asked
        except BaseException:
            client.kill()
            raise
        asked.answers = [(due, seconds, status) for due, seconds, status in json.loads(client.communicate()[0])]


class _Watch:
    """When each step of a procedure began and ended, the first time that it came."""

    def __init__(self) -> None:
        self.times: dict[str, tuple[float, float]] = {}
        self._began: dict[str, float] = {}

    def __call__(self, moment: str) -> None:
        what, _, step = moment.partition(" ")
        if what == "begin":
            self._began[step] = time.monotonic()
        elif what == "end":
            self.times.setdefault(step, (self._began[step], time.monotonic()))


def _p95(answers: list[Answer]) -> float:
    return p95([seconds for _, seconds, _ in answers])


def _tell(when: str, answers: list[Answer], tell: Tell) -> None:
    if len(answers) < RATE:
        return
    failed = sum(status != 200 for _, _, status in answers)
    slowest = max(seconds for _, seconds, _ in answers)
    tell(
        f"{when}: {len(answers)} requests, {failed} failed, "
        f"p95 {1000 * _p95(answers):.0f} ms, slowest {1000 * slowest:.0f} ms"
    )
