"""Commits that only their id leads to, launched by command line, page, sensor and rerun: none is taken for the repository's own."""

from collections.abc import Iterator

import pytest

from pipeline_defs.orchestration.ops.build_op import build_op
from pipeline_defs.orchestration.ops.test_op import test_op as op_of_tests
from pipeline_defs.release.request import Job, Request
from tests.integration.github_changes import REPOSITORY, World
from tests.integration.named_commits import (
    TRUSTED,
    UNTRUSTED,
    Fork,
    approved,
    executed_again,
    foreign,
    launched,
    open_fork,
    requests,
    said,
    taken_for,
    world_of_forks,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        world_of_forks(tmp_path_factory.mktemp("forks"), monkeypatch) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def fork(world: World) -> Fork:
    return open_fork(world)


def test_however_a_commit_of_a_fork_is_launched_it_is_not_the_repositorys_own(world: World, fork: Fork) -> None:
    """`make prove-hostile` tries all commits in all ways; here each way is tried once."""
    asked = requests(fork, fork.head)
    results = {
        name: taken_for(world, launched(world, *asked[name])) for name in ("integrate as a merge", "deploy on main")
    }
    results["command line"] = said(world, "run", "integrate", "shop", "--commit", fork.head)
    results |= dict(approved(world, fork))
    assert [way for way, taken in results.items() if taken.startswith(TRUSTED)] == []
    assert results["the sensor, approved"] == UNTRUSTED


def test_what_a_branch_had_before_is_not_taken_for_the_repositorys_own_by_any_stage(world: World, fork: Fork) -> None:
    own = world.github.head(REPOSITORY, "development") or ""
    asked = Request(app="shop", job=Job.INTEGRATE, commit=own)
    assert taken_for(world, launched(world, asked)) == TRUSTED
    gone = foreign(world, fork)["deleted branch"]
    assert not taken_for(world, launched(world, asked.model_copy(update={"commit": gone}))).startswith(TRUSTED)
    for stage in (build_op, op_of_tests):
        assert executed_again(world, own, stage).startswith(TRUSTED)
        assert not executed_again(world, gone, stage).startswith(TRUSTED)
