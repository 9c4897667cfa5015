"""Which pull requests are rehearsed before they are merged, with the stand-in for GitHub and a real code server."""

import itertools
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterRunStatus

from pipeline_defs.orchestration.pull_leftovers import closed_pulls
from pipeline_defs.release.run_tags import ENDED, PREVIEW, THEN, UP, tag_of
from tests.integration.github_changes import (
    REPOSITORY,
    World,
    code_address,
    code_server_process,
    make_home,
    variables,
    world,
)
from tests.testbed.github import GitHubServer

REHEARSED = """drafts: false
stage: {pulls: preview, preview: {host: "pr-{pull}.example.org", password: {env: NOT_SET}, unsanitized: true}}"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An app whose pull requests are rehearsed, looked at for the first time."""
    folder: Path = tmp_path_factory.mktemp("pulls")
    home = make_home(folder / "code", "http://127.0.0.1:9", REHEARSED)
    with (
        GitHubServer(validate=False) as github,
        code_address() as address,
        code_server_process(variables(home, address, "none")),
        pytest.MonkeyPatch.context() as patch,
    ):
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.create_branch(REPOSITORY, "development", "main")
        github.create_user("robot[bot]", type="Bot")
        for login, role in {"dora": "write", "ada": "write", "eve": "read", "robot[bot]": "write"}.items():
            github.set_permission(REPOSITORY, login, role)
        patch.setenv("TEST_GITHUB_TOKEN", github.create_token("dora"))
        with world(folder / "world", github, address, patch, REHEARSED) as made:
            assert "first look" in made.look()
            yield made


CLOCK = itertools.count(5, 5)


def look(shop: World) -> None:
    """A look, after which GitHub's clock goes on: what is said within the second of a push is not about it."""
    shop.look()
    shop.github.set_clock(next(CLOCK))


def pull(shop: World, branch: str, by: str = "dora", base: str = "development") -> tuple[int, str]:
    """A new pull request of a branch of the repository, which somebody who may write has pushed: its number and head."""
    head = shop.commit(branch, at=base)
    return shop.github.create_pull(REPOSITORY, branch, base=base, by=by), head


def followed(shop: World, head: str) -> list[str]:
    """For each run of a head, oldest first, which job follows it."""
    return [tag_of(run.tags, THEN) for run in shop.runs() if run.tags["head"] == head]


def test_a_person_who_may_write_has_it_rehearsed_at_once_into_the_development_branch_alone(shop: World) -> None:
    _, head = pull(shop, "one")
    _, into_main = pull(shop, "two", base="main")
    look(shop)
    assert (followed(shop, head), followed(shop, into_main)) == (["stage"], [""])
    assert shop.run_of(head).tags["untrusted"] == "yes"


@pytest.mark.parametrize("by", ["robot[bot]", "eve"])
def test_who_is_a_bot_or_may_not_write_needs_an_approval_of_this_very_head(shop: World, by: str) -> None:
    branch = f"of-{by[:3]}"
    number, head = pull(shop, branch, by=by)
    look(shop)
    for somebody in ("eve", "robot[bot]"):
        shop.github.comment(REPOSITORY, number, f"/shipline test {head}", by=somebody)
        look(shop)
    assert followed(shop, head) == [""]
    shop.github.comment(REPOSITORY, number, f"/shipline test {head}", by="ada")
    look(shop)
    assert followed(shop, head) == ["", "stage"]
    newer = shop.commit(branch)
    look(shop)
    assert followed(shop, newer) == [""]


def test_a_fork_is_checked_after_an_approval_and_never_rehearsed(shop: World) -> None:
    fork = shop.github.create_fork(REPOSITORY, "eve")
    head = shop.github.commit(fork, {"evil.txt": "1\n"}, branch="fix", by="eve")
    number = shop.github.create_pull(REPOSITORY, "fix", base="development", by="eve", fork=fork)
    look(shop)
    shop.github.comment(REPOSITORY, number, f"/shipline test {head}", by="ada")
    look(shop)
    shop.github.comment(REPOSITORY, number, f"/shipline test {head}", by="ada")
    look(shop)
    assert followed(shop, head) == [""]


def test_that_a_preview_was_closed_stays_known_until_it_is_gone(shop: World) -> None:
    number, head = pull(shop, "looked-at")
    look(shop)
    run = shop.run_of(head)
    shop.instance.report_run_canceled(run)
    shop.instance.add_run_tags(run.run_id, {PREVIEW: UP})
    shop.github.close(REPOSITORY, number, by="dora")
    look(shop)
    assert closed_pulls(shop.instance, shop.app) == {number}
    shop.instance.add_run_tags(run.run_id, {PREVIEW: ENDED})
    look(shop)
    assert closed_pulls(shop.instance, shop.app) == set()


@pytest.mark.parametrize("ends", ["a newer head", "closing"])
def test_a_rehearsal_ends_with_a_newer_head_and_with_its_pull_request(shop: World, ends: str) -> None:
    branch = ends.replace(" ", "-")
    number, head = pull(shop, branch)
    look(shop)
    made = shop.run_of(head)
    config = {"ops": {"shop_staging_stage_pull": {"config": {"pull": number, "made_by": made.run_id}}}}
    tags = {name: made.tags[name] for name in ("app", "pull_request", "change", "head", "branch")}
    run = shop.server.create(shop.instance, str(uuid.uuid4()), "shop_stage_pull", config, tags, planned=True)
    shop.commit(branch) if ends == "a newer head" else shop.github.close(REPOSITORY, number, by="dora")
    look(shop)
    ended = shop.instance.get_run_by_id(run.run_id)
    assert ended is not None and ended.status is DagsterRunStatus.CANCELED
