"""Speed: how long `status`, `history` and `trace` take in all, and what of it the questions themselves take."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from random import Random
from statistics import median

from benchmarks.lineage.figures import Figures
from benchmarks.lineage.ground import Ground
from benchmarks.lineage.story import EUROPE, PRODUCTION, STAGING
from benchmarks.lineage.truth import Told
from benchmarks.parts import Failed, Tell
from pipeline_defs.config.home import PROJECT
from pipeline_defs.lineage.store import open_lineage

_LIMIT = 50


def measure(ground: Ground, tell: Tell, times: int = 5) -> Figures:
    """The median of some calls each, by the command line and within a process that has the storage open; `status` is of all apps."""
    told = _told(ground)
    figures: Figures = {"deployments": ground.truth.count, "storage": ground.storage, "index_s": ground.index_s}
    figures |= {name: round(median(found), 3) for name, found in commands(ground, times).items()}
    places = [(app, each) for app in ground.truth.deployments for each in (STAGING, PRODUCTION, EUROPE)]
    with open_lineage(ground.home) as lineage:
        questions: dict[str, Callable[[], object]] = {
            "status_query_s": lambda: lineage.environment_statuses(places),
            "history_query_s": lambda: [
                lineage.newest(told.app, each, _LIMIT) for each in (STAGING, PRODUCTION, EUROPE)
            ],
            "trace_query_s": lambda: lineage.trace(told.app, told.digest[7:19]),
        }
        for name, ask in questions.items():
            figures[name] = round(median(_seconds(ask, times)), 3)
    tell(f"{ground.storage}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
    return figures


def commands(ground: Ground, times: int) -> dict[str, list[float]]:
    """Seconds of some calls of the command line each."""
    told = _told(ground)
    words = {
        "status_s": ("status",),
        "history_s": ("history", told.app, "--limit", str(_LIMIT)),
        "trace_s": ("trace", told.app, told.digest[7:19]),
    }
    return {name: _seconds(partial(_shipline, *each), times) for name, each in words.items()}


def _told(ground: Ground) -> Told:
    """The deployment that is asked for."""
    return Random(3).choice([each for app in ground.truth.deployments.values() for each in app])


def _shipline(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_defs.cli.main", "--json", *words], cwd=PROJECT, capture_output=True, text=True
    )
    if done.returncode:
        raise Failed(f"shipline {' '.join(words)}: {done.stderr.strip()}")


def _seconds(ask: Callable[[], object], times: int) -> list[float]:
    ask()  # what is read once from the disk is no part of it
    found = []
    for _ in range(times):
        begun = time.monotonic()
        ask()
        found.append(time.monotonic() - begun)
    return found
