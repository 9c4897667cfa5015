"""The menagerie on a real server: a release replaces what differs, and whichever step fails, what ran before runs again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.rollback import rollback
from tests.support.menagerie import Animal, Place, Walk, animals, kinds, place, prepare
from tests.testbed.bed import TestBed
from tests.testbed.progress import Progress


@pytest.fixture(scope="module")
def digests(testbed: TestBed, progress: Progress, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("menagerie")
    return prepare(testbed, progress, folder)


@pytest.fixture(params=animals(), ids=lambda animal: animal.name)
def there(request: pytest.FixtureRequest, testbed: TestBed, digests: dict[str, str]) -> Iterator[Place]:
    """An app of which the first version runs."""
    animal: Animal = request.param
    with place(testbed, animal, digests) as made:
        report = deploy(made.task("1.0.0"), made.server)
        assert report.error is None, report.error
        yield made


def test_a_release_replaces_what_differs_and_nothing_else(there: Place) -> None:
    before = {each.service: each.id for each in there.containers()}
    report = deploy(there.task("1.1.0"), there.server)
    assert report.error is None, report.error
    after = {each.service: each.id for each in there.containers()}
    expected = there.animal.expect
    assert set(expected.get("keeps", [])) <= {name for name in before if after.get(name) == before[name]}
    told = [line.removeprefix("besides the image: ") for line in there.said if line.startswith("besides the image: ")]
    assert sorted(told) == sorted(expected.get("tells", []))
    assert there.read("/data/revision") == expected.get("revision", "")


def test_a_broken_release_is_undone_container_by_container(there: Place) -> None:
    before, broken = there.containers(), there.animal.broken
    if not broken:  # the app is about something else
        assert there.animal.expect
        return
    report = deploy(there.task("1.1.0", broken=True), there.server)
    assert report.error and report.changed and re.search(broken["says"], report.error), report.error
    answer = rollback(there.task(None), there.server)
    assert (answer.error, answer.left) == (None, ())
    assert kinds(there.containers()) == kinds(before)
    kept = {each.service: each.id for each in there.containers()}
    untouched = set(there.animal.expect.get("keeps", []))
    assert {each.service: each.id for each in before if each.service in untouched}.items() <= kept.items()


@pytest.mark.thorough
@pytest.mark.parametrize("attempt", ["deployment", "rollback", "restore"])
def test_whichever_step_fails_what_ran_before_runs_again(there: Place, attempt: str) -> None:
    back, backup = attempt != "deployment", None
    if back:
        report = deploy(there.task("1.1.0"), there.server)
        assert report.error is None, report.error
        backup = report.backup if attempt == "restore" else None
    walk = Walk(there, back, backup)
    for number, step in enumerate(walk.steps()):
        walk.fail(step, late=number % 2 == 0)
    assert (walk.broken, walk.wrongly_unchanged) == ([], [])
    assert walk.points >= 9
