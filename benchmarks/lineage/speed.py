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
from benchmarks.parts import Failed, Tell
from pipeline_defs.config.home import PROJECT
from pipeline_defs.lineage.store import open_lineage

_LIMIT = 50


def measure(ground: Ground, tell: Tell, times: int = 5) -> Figures:
    """The median of some calls each, by the command line and within a process that has the storage open; `status` is of all apps."""
    told = Random(3).choice([each for app in ground.truth.deployments.values() for each in app])
    commands = {
        "status_s": ("status",),
        "history_s": ("history", told.app, "--limit", str(_LIMIT)),
        "trace_s": ("trace", told.app, told.digest[7:19]),
    }
    figures: Figures = {"deployments": ground.truth.count, "storage": ground.storage, "index_s": ground.index_s}
    for name, words in commands.items():
        figures[name] = _median(partial(_shipline, *words), times)
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
            figures[name] = _median(ask, times)
    tell(f"{ground.storage}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
    return figures


def _shipline(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_defs.cli.main", "--json", *words], cwd=PROJECT, capture_output=True, text=True
    )
    if done.returncode:
        raise Failed(f"shipline {' '.join(words)}: {done.stderr.strip()}")


def _median(ask: Callable[[], object], times: int) -> float:
    ask()  # what is read once from the disk is no part of it
    found = []
    for _ in range(times):
        begun = time.monotonic()
        ask()
        found.append(time.monotonic() - begun)
    return round(median(found), 3)
