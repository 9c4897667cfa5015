"""What happens to pull requests and runs in these tests: one is opened, a run begins, a delivery comes."""

from typing import Any

from pipeline_defs.github.api import open_repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.polling import poll_part
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.runtime.run_submission import Launcher
from tests.integration.github_changes import (
    REPOSITORY,
    World,
)


def pull(shop: World, branch: str = "12-fix", base: str = "development", **more: Any) -> tuple[int, str]:
    """A new pull request: its number and its head."""
    head = shop.commit(branch, at=base)
    return shop.github.create_pull(REPOSITORY, branch, base=base, by="dora", **more), head


def fork_pull(shop: World) -> tuple[int, str]:
    """A pull request of somebody outside."""
    fork = shop.github.create_fork(REPOSITORY, "eve")
    head = shop.github.commit(fork, {"evil.txt": "1\n"}, branch="fix", by="eve")
    return shop.github.create_pull(REPOSITORY, "fix", base="development", by="eve", fork=fork), head


def begin(shop: World, commit: str, job: str = "shop_integrate") -> None:
    """Let a run have begun, as far as the storage knows."""
    from dagster import DagsterEvent, DagsterEventType

    run = shop.run_of(commit, job)
    for kind in (DagsterEventType.PIPELINE_STARTING, DagsterEventType.PIPELINE_START):
        event = DagsterEvent(event_type_value=kind.value, job_name=run.job_name, message="")
        shop.instance.report_dagster_event(event, run_id=run.run_id)


def receive(shop: World, handled: GitHubCursor, **about: Any) -> None:
    """What a delivery does: the same look at one thing, with the sensor's cursor as it was then."""
    claims = Claims(shop.app, Launcher(shop.instance, shop.server), "webhook", "github")
    poll_part(shop.app, open_repository(shop.app), handled, claims, **about)
