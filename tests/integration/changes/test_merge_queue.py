"""GitHub's merge queue: each group is checked once, and what left the queue is checked no longer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.github.api import open_repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.polling import poll_part
from pipeline_defs.release.run_tags import REASON, tag_of
from pipeline_defs.runtime.run_submission import Launcher
from tests.integration.github_changes import (
    REPOSITORY,
    World,
    world,
)
from tests.testbed.github import GitHubServer


@pytest.fixture
def shop(tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The app, looked at for the first time, with two pull requests whose runs are not of interest."""
    with GitHubServer() as github:
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.create_branch(REPOSITORY, "development", "main")
        github.set_permission(REPOSITORY, "dora", "write")
        monkeypatch.setenv("TEST_GITHUB_TOKEN", github.create_token("dora"))
        with world(tmp_path, github, code, monkeypatch) as made:
            for branch in ("fix", "feature"):
                made.commit(branch, at="main")
                github.create_pull(REPOSITORY, branch, base="main", by="dora")
            assert "first look" in made.look()
            yield made
            assert github.schema_errors == []


def pulls(shop: World) -> list[int]:
    """The numbers of the two pull requests."""
    return sorted(int(number) for number in shop.handled().pulls)


def enqueued(shop: World, number: int, onto: str | None = None) -> tuple[str, str]:
    """A group of the queue: its branch and its head."""
    branch = shop.github.enqueue(REPOSITORY, number, onto=onto)
    head = shop.github.head(REPOSITORY, branch)
    assert head is not None
    return branch, head


def test_each_group_is_checked_once_and_nothing_more_is_asked_of_a_quiet_queue(shop: World) -> None:
    first, second = pulls(shop)
    branch, head = enqueued(shop, first)
    behind, its_head = enqueued(shop, second, onto=branch)
    shop.look()
    assert shop.rows() == [("shop_integrate", head, "QUEUED"), ("shop_integrate", its_head, "QUEUED")]
    run = shop.run_of(head)
    assert (run.tags["branch"], run.tags["change"]) == (branch, f"queue:shop:main:{head}")
    assert "untrusted" not in run.tags  # GitHub's own account made the branch
    assert tag_of(run.tags, REASON).startswith(f"the merge queue of main with pull request #{first}")
    shop.github.reset_requests()
    assert shop.look() == "nothing new"
    assert shop.github.requests()["billed"] == 0
    assert shop.handled().queue == {branch: head, behind: its_head}


def test_a_group_that_waited_before_the_first_look_is_checked(shop: World) -> None:
    _, head = enqueued(shop, pulls(shop)[0])
    shop.entry = None
    assert "first look" in shop.look()
    shop.look()
    assert shop.rows() == [("shop_integrate", head, "QUEUED")]


def test_a_branch_that_a_person_gave_such_a_name_is_confined(shop: World) -> None:
    branch = f"gh-readonly-queue/main/pr-7-{shop.github.head(REPOSITORY)}"
    head = shop.commit(branch, at="main")
    shop.look()
    run = shop.run_of(head)
    assert (run.tags["untrusted"], run.tags["branch"]) == ("yes", "main")


def test_a_group_is_confined_where_github_does_not_say_who_made_it(shop: World) -> None:
    shop.github.fail("before", path="/activity", status=403, times=None)
    _, refused = enqueued(shop, pulls(shop)[0])
    shop.look()
    assert shop.run_of(refused).tags["untrusted"] == "yes"
    shop.github.clear_faults()
    _, late = enqueued(shop, pulls(shop)[1])
    with shop.github.world.lock:
        listed = shop.github.world.repo(REPOSITORY).activities
        activity = listed.pop()  # the list is some seconds late
    shop.look()
    assert late not in {head for _, head, _ in shop.rows()}
    with shop.github.world.lock:
        listed.append(activity)
    shop.look()
    assert "untrusted" not in shop.run_of(late).tags


def test_what_left_the_queue_is_given_up_and_what_was_merged_is_not(shop: World) -> None:
    first, second = pulls(shop)
    gone, gone_head = enqueued(shop, first)
    shop.look()
    shop.github.dequeue(REPOSITORY, gone)
    merged, merged_head = enqueued(shop, second)
    shop.look()
    open_repository(shop.app).ensure_status(merged_head, "shipline/shop/test", "success", "12 passed")
    shop.github.merge_queued(REPOSITORY, second, merged)
    shop.look()
    states = {(job, head): status for job, head, status in shop.rows()}
    assert states[("shop_integrate", gone_head)] == "CANCELED"
    assert shop.run_of(gone_head).tags["superseded_by"] == "dequeued"
    assert states[("shop_integrate", merged_head)] == "QUEUED"
    assert states[("shop_deploy", merged_head)] == "QUEUED"  # the merge itself, of the very same commit
    assert shop.look() == "nothing new"


def test_a_delivery_about_a_group_claims_what_the_sensor_would(shop: World) -> None:
    branch, head = enqueued(shop, pulls(shop)[0])
    claims = Claims(shop.app, Launcher(shop.instance, shop.server), "webhook", "github")
    poll_part(shop.app, open_repository(shop.app), shop.handled(), claims, branch=branch)
    assert shop.rows() == [("shop_integrate", head, "QUEUED")]
    assert shop.look() == "nothing new"
    shop.github.dequeue(REPOSITORY, branch)
    poll_part(shop.app, open_repository(shop.app), shop.handled(), claims, branch=branch)
    assert shop.rows() == [("shop_integrate", head, "CANCELED")]
