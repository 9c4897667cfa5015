"""Branches that moved, and what they start."""

from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.orchestration.sensors.branches_sensor import moved
from pipeline_defs.release.run_tags import THEN
from tests.unit.test_jobs import app

OLD, NEW = "1" * 40, "2" * 40


def without_automation() -> App:
    shop = app()
    manual = {name: each.model_copy(update={"auto_deploy": False}) for name, each in shop.environments.items()}
    return shop.model_copy(update={"environments": manual})


def started(shop: App, handled: dict[str, str], heads: dict[str, str]) -> list[tuple[str | None, str | None]]:
    return [(request.job_name, request.run_key) for request in moved(shop, handled, heads)]


def config(request: dg.RunRequest) -> Any:
    return request.run_config["ops"]["shop_image"]["config"]


def test_what_has_not_moved_starts_nothing() -> None:
    assert moved(app(), {"development": OLD, "main": OLD}, {"development": OLD, "main": OLD}) == []


def test_development_starts_integrate_and_then_the_rehearsal() -> None:
    (request,) = moved(app(), {"development": OLD, "main": OLD}, {"development": NEW, "main": OLD})
    assert (request.job_name, request.run_key) == ("shop_integrate", f"integrate:shop:{NEW}")
    assert request.tags[THEN] == "stage"
    assert config(request) == {"commit": NEW, "branch": "development", "since": OLD}


def test_main_starts_a_deployment_to_every_environment_that_is_automatic() -> None:
    assert started(app(), {"main": OLD}, {"main": NEW}) == [
        ("shop_deploy", f"deploy:shop:{NEW}"),
        ("shop_deploy_abroad", f"deploy_abroad:shop:{NEW}"),
    ]


def test_main_of_an_app_that_a_person_deploys_only_makes_the_image() -> None:
    shop = without_automation()
    assert started(shop, {"main": OLD}, {"main": NEW}) == [("shop_integrate", f"integrate:shop:main:{NEW}")]
    assert THEN not in moved(shop, {"main": OLD}, {"main": NEW})[0].tags


def test_the_same_commit_on_both_branches_starts_both() -> None:
    keys = [key for _, key in started(without_automation(), {}, {"development": NEW, "main": NEW})]
    assert len(set(keys)) == len(keys) == 2


def test_where_one_branch_is_all_there_is_it_is_rehearsed_before_it_is_deployed() -> None:
    (request,) = moved(app(branches={"main": "trunk"}), {"trunk": OLD}, {"trunk": NEW})
    assert (request.job_name, request.tags[THEN]) == ("shop_integrate", "stage")


def test_where_one_branch_is_all_there_is_and_nothing_rehearses_it_is_deployed() -> None:
    shop = app(branches={"main": "trunk"})
    alone = shop.model_copy(update={"environments": {"production": shop.environments["production"]}})
    assert started(alone, {"trunk": OLD}, {"trunk": NEW}) == [("shop_deploy", f"deploy:shop:{NEW}")]


def test_a_new_branch_has_moved_from_nothing() -> None:
    (request,) = moved(app(), {"main": OLD}, {"development": NEW, "main": OLD})
    assert config(request)["since"] == ""
