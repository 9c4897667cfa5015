"""The menagerie on a real server: a release replaces what differs, and whichever step fails, what ran before runs again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.menagerie import Animal, Place, animals, place, prepare
from tests.support.menagerie_life import live, refusal
from tests.support.menagerie_walk import attempts_of, walk
from tests.testbed.bed import TestBed
from tests.testbed.progress import Progress

QUICK = {
    "database-changes",
    "external-volume",
    "init-scripts",
    "one-shot",
    "proxy-in-front",
    "relative-paths",
    "routed",
}
"""Each has something that no other of them has. The rest are `thorough`."""


def chosen(*, runs: bool) -> list[object]:
    """The apps as parameters."""
    wanted = [each for each in animals() if each.runs == runs]
    marks = {each.name: () if each.name in QUICK or each.refused_next else (pytest.mark.thorough,) for each in wanted}
    return [pytest.param(each, id=each.name, marks=marks[each.name]) for each in wanted]


@pytest.fixture(scope="module")
def digests(testbed: TestBed, progress: Progress, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("menagerie")
    return prepare(testbed, progress, folder)


@pytest.fixture
def app(request: pytest.FixtureRequest, testbed: TestBed, digests: dict[str, str]) -> Iterator[Place]:
    """An app that runs nowhere yet."""
    animal: Animal = request.param
    with place(testbed, animal, digests) as made:
        yield made


@pytest.mark.parametrize("app", chosen(runs=True), indirect=True)
def test_a_release_replaces_what_differs_and_a_broken_one_is_undone(app: Place) -> None:
    assert live(app).wrong == []


@pytest.mark.parametrize("app", chosen(runs=False), indirect=True)
def test_what_would_break_or_lose_data_is_refused_before_anything_is_changed(app: Place) -> None:
    assert refusal(app) is None


def walks() -> list[object]:
    """Each app with each of its attempts."""
    pairs = [(each, attempt) for each in animals() if each.runs for attempt in attempts_of(each)]
    return [pytest.param(each, attempt, id=f"{each.name}-{attempt}") for each, attempt in pairs]


@pytest.mark.thorough
@pytest.mark.parametrize(("app", "attempt"), walks(), indirect=["app"])
def test_whichever_step_fails_what_ran_before_runs_again(app: Place, attempt: str) -> None:
    made = walk(app, attempt)
    assert (made.broken, made.wrongly_unchanged) == ([], [])
    assert made.points >= 9
