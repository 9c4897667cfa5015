"""Jobs: their names, and the tags by which the queue and people know them."""

import pytest

from pipeline_defs.config import App
from pipeline_defs.lineage.job_names import job_name
from pipeline_defs.orchestration.jobs import jobs_of
from pipeline_defs.release.request import Job


def app(**more: object) -> App:
    """An app that rehearses and has two environments that people use."""
    place = {"hosts": "a.example.org", "compose": "shop.yml"}
    environments = {
        "staging": {
            **place,
            "directory": "/opt/shop/staging",
            "rehearses": "production",
            "database": {"name": "shop", "user": "shop"},
        },
        "production": {**place, "directory": "/opt/shop/production"},
        "abroad": {**place, "directory": "/opt/shop/abroad"},
    }
    image = "registry.example.org/team/shop"
    return App.model_validate(
        {"name": "shop", "repository": "team/shop", "image": image, "environments": environments, **more}
    )


def test_the_first_environment_needs_no_name_and_a_further_one_gives_its_own() -> None:
    assert [job.name for job in jobs_of(app())] == [
        "shop_integrate",
        "shop_stage",
        "shop_deploy",
        "shop_rollback",
        "shop_deploy_abroad",
        "shop_rollback_abroad",
    ]
    assert job_name(app(), Job.DEPLOY, "production") == "shop_deploy"
    assert job_name(app(), Job.ROLLBACK, "abroad") == "shop_rollback_abroad"


def test_jobs_that_change_the_same_environment_have_the_same_target_and_integrate_has_none() -> None:
    assert {job.name: job.tags.get("target") for job in jobs_of(app())} == {
        "shop_integrate": None,
        "shop_stage": "shop_staging",
        "shop_deploy": "shop_production",
        "shop_rollback": "shop_production",
        "shop_deploy_abroad": "shop_abroad",
        "shop_rollback_abroad": "shop_abroad",
    }


def test_a_rollback_job_goes_back_without_any_configuration() -> None:
    kinds = {job.name: job.tags.get("kind") for job in jobs_of(app())}
    assert kinds["shop_rollback"] == kinds["shop_rollback_abroad"] == "rollback"
    assert kinds["shop_deploy"] == "deploy"


@pytest.mark.parametrize("job", ["shop_integrate", "shop_deploy"])
def test_a_run_may_take_as_long_as_its_time_outs_allow(job: str) -> None:
    def longest(build: int) -> int:
        tags = {each.name: each.tags for each in jobs_of(app(build={"timeout": build}))}
        return int(tags[job]["dagster/max_runtime"])

    assert longest(7000) - longest(1000) == 12000


def test_every_job_says_what_it_is_for() -> None:
    assert all(len(job.description or "") > 60 for job in jobs_of(app()))
