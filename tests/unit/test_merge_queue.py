"""Branches of GitHub's merge queue, and the runs that check them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.github.changes.planned_runs import planned_runs
from pipeline_defs.orchestration.ops.build_op import tags_of
from pipeline_defs.release.change import Change, Trigger, queue_base
from pipeline_defs.release.queue_branch import QueueBranch, queue_branch
from pipeline_defs.release.records import Image
from tests.unit.test_planned_runs import app

COMMIT, BASE = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (f"gh-readonly-queue/main/pr-7-{BASE}", ("main", 7, BASE)),
        (f"gh-readonly-queue/release/1.0/pr-12-{BASE}", ("release/1.0", 12, BASE)),
        ("gh-readonly-queue/main/something-else", ("main", 0, "")),
        (f"gh-readonly-queue/other/pr-7-{BASE}", None),
        ("gh-readonly-queue/main", None),
        ("main", None),
    ],
)
def test_a_branch_of_the_queue_names_its_base(name: str, wanted: tuple[str, int, str] | None) -> None:
    found = queue_branch(name, ("main", "release/1.0", "release"))
    assert found == (QueueBranch(name, *wanted) if wanted else None)


def test_the_longest_base_is_meant() -> None:
    found = queue_branch(f"gh-readonly-queue/main/pr-7/pr-8-{BASE}", ("main", "main/pr-7"))
    assert found is not None
    assert (found.base, found.pull) == ("main/pr-7", 8)


@given(st.text())
def test_any_other_branch_is_none_of_the_queue(name: str) -> None:
    assert queue_branch(name, ("main",)) is None


def queued() -> Change:
    name = f"gh-readonly-queue/main/pr-7-{BASE}"
    return Change(app="shop", trigger=Trigger.QUEUE, commit=COMMIT, branch="main", since=BASE, pull=7, head_branch=name)


def test_a_group_is_integrated_on_its_own_branch_and_confined_on_its_base() -> None:
    (trusted,) = planned_runs(app(production=None), queued(), "sensor")
    (confined,) = planned_runs(app(production=None), queued(), "sensor", untrusted=True)
    assert (trusted.job, trusted.request.branch) == ("shop_integrate", f"gh-readonly-queue/main/pr-7-{BASE}")
    assert (confined.request.branch, confined.request.untrusted) == ("main", True)
    for answer in (trusted, confined):
        assert (answer.request.pull, answer.request.since, answer.request.commit) == (0, BASE, COMMIT)
        assert answer.request.change == f"queue:shop:main:{COMMIT}"
        assert answer.request.reason == f"the merge queue of main with pull request #7 is at {COMMIT[:12]}"


def test_the_base_is_known_from_the_key_of_a_queue_alone() -> None:
    assert queue_base(queued().key) == "main"
    assert queue_base(f"merge:shop:main:{COMMIT}") == queue_base("") == ""


def test_the_image_of_a_group_gets_no_tags_that_people_use() -> None:
    made = Image(
        app="shop",
        repository="r",
        digest="",
        version="1.2.3",
        commit=COMMIT,
        branch="main",
        tree="",
        built_from="",
        run="",
    )
    assert tags_of(app(production=None), made, queued().key) == ()
    assert "latest" in tags_of(app(production=None), made, f"merge:shop:main:{COMMIT}")
