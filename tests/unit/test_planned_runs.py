"""Which runs answer a change."""

from typing import Any

import pytest

from pipeline_defs.config import App
from pipeline_defs.github.changes.planned_runs import planned_runs
from pipeline_defs.release.change import Change, Trigger
from pipeline_defs.release.run_tags import SEEN, THEN

COMMIT = "1" * 40


def app(branches: Any = None, **environments: Any) -> App:
    """An app with these environments; `staging` rehearses production."""
    place = {"hosts": "a.example.org", "compose": "compose.yml"}
    made = {name: {**place, "directory": f"/opt/shop/{name}", **(more or {})} for name, more in environments.items()}
    return App.model_validate(
        {"name": "shop", "repository": "acme/shop", "image": "registry.example.org/team/shop",
         "github": {"token": {"env": "TOKEN"}}, "environments": made, "branches": branches or {}}
    )  # fmt: skip


def change(trigger: Trigger = Trigger.MERGE, branch: str = "main", **more: Any) -> Change:
    return Change(app="shop", trigger=trigger, commit=COMMIT, branch=branch, **more)


def jobs_and_keys(which: App, what: Change) -> list[tuple[str, str]]:
    return [(answer.job, answer.request.change) for answer in planned_runs(which, what, "sensor")]


def test_main_is_deployed_to_every_environment_that_is_automatic_each_by_a_run_of_its_own() -> None:
    which = app(production=None, other={"auto_deploy": True}, manual={"auto_deploy": False})
    key = f"merge:shop:main:{COMMIT}"
    assert jobs_and_keys(which, change()) == [("shop_deploy", key), ("shop_deploy_other", f"{key}:other")]


@pytest.mark.parametrize(("auto", "forced"), [(False, False), (True, True)])
def test_main_is_only_made_where_nothing_is_automatic_or_it_was_rewritten(auto: bool, forced: bool) -> None:
    which = app(production={"auto_deploy": auto})
    (answer,) = planned_runs(which, change(forced=forced), "sensor")
    assert (answer.job, answer.request.change) == ("shop_integrate", f"merge:shop:main:{COMMIT}")
    assert ("rewritten" in answer.request.reason) == forced


def test_development_is_followed_by_the_rehearsal_where_there_is_one() -> None:
    rehearsing = {"rehearses": "production", "database": {"name": "shop", "user": "shop"}}
    with_one = app(staging=rehearsing, production={"database": {"name": "shop", "user": "shop"}})
    assert [each.tags for each in planned_runs(with_one, change(branch="development"), "x")] == [{THEN: "stage"}]
    assert [each.tags for each in planned_runs(app(production=None), change(branch="development"), "x")] == [{}]


def test_one_branch_alone_is_rehearsed_first_and_deployed_by_what_follows() -> None:
    one = app({"main": "main"}, staging={"rehearses": "production"}, production=None)
    assert [(each.job, each.tags) for each in planned_runs(one, change(), "x")] == [("shop_integrate", {THEN: "stage"})]
    assert [each.tags for each in planned_runs(one, change(forced=True), "x")] == [{}]
    assert [each.job for each in planned_runs(app({"main": "main"}, production=None), change(), "x")] == ["shop_deploy"]


def test_a_pull_request_is_integrated_as_what_it_is() -> None:
    what = change(Trigger.PULL_REQUEST, "main", pull=7, head_branch="12-fix", fork=True)
    (answer,) = planned_runs(app(production=None), what, "sensor", untrusted=True, seen="2026-01-01T00:00:00Z")
    request = answer.request
    assert (answer.job, request.pull, request.issue, request.branch) == ("shop_integrate", 7, 12, "main")
    assert (request.untrusted, answer.tags) == (True, {SEEN: "2026-01-01T00:00:00Z"})
    assert request.change == f"pull:shop:7:{COMMIT}:main"


def test_a_tag_is_integrated_and_on_no_branch() -> None:
    (answer,) = planned_runs(app(production=None), change(Trigger.TAG, "v1"), "sensor")
    assert (answer.job, answer.request.branch, answer.request.change) == ("shop_integrate", "", f"tag:shop:v1:{COMMIT}")
