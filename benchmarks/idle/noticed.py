"""Noticed: how long it takes until a branch that has moved has a run."""

import os
import random
import time

from dagster import DagsterInstance, RunsFilter

from benchmarks.idle.ground import Ground

_SECONDS_LEFT = 15.0


def latencies(ground: Ground, moves: int, seconds: float) -> list[float]:
    """Move branches of the apps in turn, at random moments; the seconds until each move's run was made, sorted.

    A branch that moves again before it was looked at has one run, for the newest commit; it answers both moves.
    """
    chosen = random.Random(17)
    moments = sorted(chosen.uniform(0.0, seconds) for _ in range(moves))
    began = time.time()
    moved: dict[str, list[tuple[str, float]]] = {}
    for number, moment in enumerate(moments):
        time.sleep(max(0.0, began + moment - time.time()))
        name = ground.names[number * len(ground.names) // moves % len(ground.names)]
        moved.setdefault(name, []).append((ground.move(name), time.time()))
    time.sleep(_SECONDS_LEFT)
    os.environ["DAGSTER_HOME"] = str(ground.home)
    with DagsterInstance.get() as instance:
        made = {
            record.dagster_run.tags["dagster/run_key"]: record.create_timestamp.timestamp()
            for record in instance.get_run_records(RunsFilter(tags={"app": list(moved)}))
        }
    found: list[float] = []
    for name, each in moved.items():
        answered: float | None = None
        for commit, when in reversed(each):
            answered = made.get(f"integrate:{name}:{commit}", answered)
            if answered is None:
                raise RuntimeError(f"a move of {name} was not noticed within {_SECONDS_LEFT:.0f} s")
            found.append(answered - when)
    return sorted(found)
