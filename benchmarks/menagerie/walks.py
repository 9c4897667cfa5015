"""Walks: deployments, rollbacks, restores and rehearsals of each app fail at one step after the other, on all servers at once."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed

from benchmarks.menagerie.figures import Figures, add
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Tell
from tests.support.menagerie import Animal
from tests.support.menagerie_walk import RESTORE, attempts_of, walk

_AT_WORK: list[tuple[Ground, int]] = []
"""Of a process that walks: what it stands on, and the number of its server."""


def measure(ground: Ground, tell: Tell) -> Figures:
    """How many failures there were, and after how many of them what ran before did not run, or the report said what was not so."""
    assert ground.digests  # made once, before there are several processes
    apps = ground.apps(lambda each: each.runs)
    figures: Figures = {"apps": len(apps)}
    for name, found, wrong in _walked(ground, [(each, attempt) for each in apps for attempt in attempts_of(each)]):
        for each in wrong:
            tell(each)
        tell(f"{name}: {found}")
        add(figures, found)
    return figures


def _walked(ground: Ground, pairs: list[tuple[Animal, str]]) -> Iterator[tuple[str, Figures, list[str]]]:
    context = multiprocessing.get_context("fork")
    servers = context.Queue()
    for number in range(len(ground.bed.servers)):
        servers.put(number)
    with ProcessPoolExecutor(len(ground.bed.servers), context, _begin, (ground, servers)) as pool:
        try:
            for done in as_completed([pool.submit(_walk, animal, attempt) for animal, attempt in pairs]):
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(ground: Ground, servers: "multiprocessing.Queue[int]") -> None:
    _AT_WORK.append((ground, servers.get()))


def _walk(animal: Animal, attempt: str) -> tuple[str, Figures, list[str]]:
    ground, number = _AT_WORK[0]
    with ground.place(animal, number) as place:
        made = walk(place, attempt)
    figures = {
        "attempts": made.attempts,
        "failure_points": made.points,
        "broken_after_failure": len(made.broken),
        "wrongly_unchanged": len(made.wrongly_unchanged),
        "rows_lost": made.rows_lost,
        "files_lost": made.files_lost,
        "restores": made.restores,
        "restores_failed": len(made.broken) if attempt == RESTORE else 0,
    }
    return f"{animal.name}, {attempt}", figures, made.wrong
