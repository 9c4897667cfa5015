"""The menagerie on a real server: a release replaces what differs, and whichever step fails, what ran before runs again."""

from collections.abc import Iterator

import pytest

from tests.support.menagerie import Animal, Place, animals, place
from tests.support.menagerie_life import live, refusal
from tests.support.menagerie_walk import attempts_of, walk
from tests.testbed.bed import TestBed

QUICK = {"single", "routed", "volume-renamed"}
"""One that is replaced in place, one behind a route, and one that is refused. The rest are `thorough`."""

WALKS = {
    ("database-changes", "deployment"),
    ("one-shot", "rollback"),
    ("routed", "deployment"),
    ("routed", "restore"),
}
"""The walks that belong to the tests: `make prove-menagerie` takes all."""


def chosen(*, runs: bool) -> list[object]:
    """The apps as parameters."""
    wanted = [each for each in animals() if each.runs == runs]
    marks = {each.name: () if each.name in QUICK else (pytest.mark.thorough,) for each in wanted}
    return [pytest.param(each, id=each.name, marks=marks[each.name]) for each in wanted]


@pytest.fixture
def app(request: pytest.FixtureRequest, testbed: TestBed, menagerie: dict[str, str]) -> Iterator[Place]:
    """An app that runs nowhere yet."""
    animal: Animal = request.param
    with place(testbed, animal, menagerie) as made:
        yield made


@pytest.mark.parametrize("app", chosen(runs=True), indirect=True)
def test_a_release_replaces_what_differs_and_a_broken_one_is_undone(app: Place) -> None:
    assert live(app).wrong == []


@pytest.mark.parametrize("app", chosen(runs=False), indirect=True)
def test_what_would_break_or_lose_data_is_refused_before_anything_is_changed(app: Place) -> None:
    assert refusal(app) is None


def walks() -> list[object]:
    """Apps, and which of their attempts is walked through."""
    pairs = [(each, attempt) for each in animals() for attempt in attempts_of(each) if (each.name, attempt) in WALKS]
    assert len(pairs) == len(WALKS)
    return [pytest.param(each, attempt, id=f"{each.name}-{attempt}") for each, attempt in pairs]


@pytest.mark.thorough
@pytest.mark.parametrize(("app", "attempt"), walks(), indirect=["app"])
def test_whichever_step_fails_what_ran_before_runs_again(app: Place, attempt: str) -> None:
    made = walk(app, attempt)
    assert made.wrong == []
    assert made.points >= 4
