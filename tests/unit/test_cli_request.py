"""Request: what Dagster is told for what a person or a sensor asked."""

from pipeline_defs.release.database_rollback import Choice
from pipeline_defs.release.request import Job, Request, is_automatic, job_name, tags_of_rerun
from pipeline_defs.release.run_tags import ATTEMPT, DIGEST, REASON, THEN

COMMIT = "0123456789abcdef" * 2 + "01234567"


def test_integrate_makes_the_image_of_a_commit_and_touches_no_environment() -> None:
    request = Request(app="shop", job=Job.INTEGRATE, branch="development", commit=COMMIT, since="f" * 40)
    assert (request.assets, request.target) == (("shop_image",), "")
    assert request.run_config() == {
        "ops": {"shop_image": {"config": {"commit": COMMIT, "branch": "development", "since": "f" * 40}}}
    }
    assert request.run_tags() == {"app": "shop", "branch": "development", "commit": COMMIT[:12]}


def test_a_deployment_of_a_commit_makes_its_image_first() -> None:
    request = Request(app="shop", job=Job.DEPLOY, environment="production", commit=COMMIT, branch="main")
    assert request.assets == ("shop_image", "shop_production")
    assert set(request.run_config()["ops"]) == {"shop_image", "shop_production"}
    assert request.run_tags()["target"] == "shop_production"


def test_a_deployment_of_a_version_builds_nothing() -> None:
    request = Request(app="shop", job=Job.DEPLOY, environment="production", version="1.4.2", reason="spring")
    assert request.assets == ("shop_production",)
    assert request.run_config()["ops"]["shop_production"]["config"] == {
        "version": "1.4.2",
        "commit": "",
        "kind": "deploy",
        "reason": "spring",
        "because_of": "",
    }


def test_a_rollback_says_that_it_is_one_and_what_it_answers() -> None:
    request = Request(app="shop", job=Job.ROLLBACK, environment="production", because_of="20260504T120000-ab")
    config = request.run_config()["ops"]["shop_production"]["config"]
    assert (config["kind"], config["because_of"]) == ("rollback", "20260504T120000-ab")


def test_what_becomes_of_the_database_is_said_only_where_a_person_said_so() -> None:
    request = Request(app="shop", job=Job.ROLLBACK, environment="production", database=Choice.RESTORE)
    assert request.run_config()["ops"]["shop_production"]["config"]["database"] == "restore"
    silent = Request(app="shop", job=Job.ROLLBACK, environment="production")
    assert "database" not in silent.run_config()["ops"]["shop_production"]["config"]


def test_a_rehearsal_is_of_an_image_that_exists() -> None:
    request = Request(app="shop", job=Job.STAGE, environment="staging")
    assert (request.assets, request.target) == (("shop_staging",), "shop_staging")


def test_a_reason_becomes_one_short_line_as_a_tag_and_stays_whole_in_the_configuration() -> None:
    reason = "first line\nsecond line " + "x" * 300
    request = Request(app="shop", job=Job.DEPLOY, environment="production", version="1.0.0", reason=reason, actor="a@b")
    assert request.run_tags()[REASON].startswith("first line second line x")
    assert len(request.run_tags()[REASON]) == 200
    assert request.run_config()["ops"]["shop_production"]["config"]["reason"] == reason


def test_the_first_environment_needs_no_name_in_its_jobs() -> None:
    deployed = ("production", "production_us")
    assert job_name("shop", Job.INTEGRATE, "", deployed) == "shop_integrate"
    assert job_name("shop", Job.STAGE, "staging", deployed) == "shop_stage"
    assert job_name("shop", Job.DEPLOY, "production", deployed) == "shop_deploy"
    assert job_name("shop", Job.ROLLBACK, "production_us", deployed) == "shop_rollback_production_us"


def test_a_rerun_has_the_tags_of_what_was_asked_and_not_of_what_came_of_it() -> None:
    asked = Request(
        app="shop", job=Job.DEPLOY, environment="production", commit=COMMIT, branch="main", change="merge:shop:main:01"
    )
    came = {"waits_for": "freeze", "superseded_by": "f" * 40, DIGEST: "ab", "dagster/sensor_name": "shop_github"}
    tags = tags_of_rerun("1f3a9c20-aa", {**asked.run_tags(), **came}, actor="ada@here", reason="", attempt=2)
    assert not {*came} & {*tags}
    assert {name: tags[name] for name in ("app", "target", "change", "head", ATTEMPT, "actor", REASON)} == {
        "app": "shop",
        "target": "shop_production",
        "change": "merge:shop:main:01",
        "head": COMMIT,
        ATTEMPT: "2",
        "actor": "ada@here",
        REASON: "run 1f3a9c20 once more",
    }


def test_a_rerun_of_an_older_run_takes_over_what_that_said_under_plain_names() -> None:
    tags = tags_of_rerun("1f3a", {"app": "shop", "then": "stage"}, actor="ada@here", reason="", attempt=1)
    assert tags[THEN] == "stage"


def test_what_a_person_asks_for_once_more_is_no_longer_automatic() -> None:
    tags = {"app": "shop", "change": "merge:shop:main:01", "dagster/sensor_name": "shop_github"}
    assert is_automatic(tags)
    assert not is_automatic(tags_of_rerun("1f3a", tags, actor="ada@here", reason="", attempt=2))
