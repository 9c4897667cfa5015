"""The code location: what Dagster loads from the apps' files."""

from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config.home import PROJECT
from pipeline_defs.definitions import definitions
from pipeline_defs.release.request import Job, Request, job_name
from pipeline_defs.runtime.run_coordinator import RunQueue

GOOD = """
repository: team/{name}
image: registry.example.org/team/{name}
environments:
  production: {{hosts: a.example.org, directory: /opt/{name}/production, compose: production.yml}}
"""


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD.format(name="good"))
    return tmp_path


def asset_names(defs: dg.Definitions) -> set[str]:
    return {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}


def description(defs: dg.Definitions, asset: str) -> str:
    return str(defs.resolve_asset_graph().get(dg.AssetKey(asset)).description)


def test_the_example_loads_as_the_code_server_loads_it() -> None:
    defs = definitions(PROJECT / "apps")
    dg.Definitions.validate_loadable(defs)
    repository = defs.get_repository_def()
    assert repository.name == "__repository__"
    assert {name for name in repository.job_names if not name.startswith("__")} == {
        "housekeeping",
        "shop_integrate",
        "shop_stage",
        "shop_deploy",
        "shop_rollback",
    }
    assert [(each.job_name, each.cron_schedule, each.default_status.value) for each in repository.schedule_defs] == [
        ("housekeeping", "23 * * * *", "RUNNING")
    ]
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "branches",
        "chain",
        "freeze",
        "drift",
        "recover",
    }
    assert all(sensor.default_status is dg.DefaultSensorStatus.RUNNING for sensor in repository.sensor_defs)
    assert asset_names(defs) == {"shop_image", "shop_staging", "shop_production"}


def test_dagsters_settings_name_the_queue_that_is_looked_at_twice_a_second(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").symlink_to(PROJECT / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        queue = instance.run_coordinator
        assert isinstance(queue, RunQueue)
        assert queue.dequeue_interval_seconds == 0.5
        limits = instance.get_concurrency_config().run_queue_config
        assert limits is not None
        assert [limit["key"] for limit in limits.tag_concurrency_limits or ()] == ["target", "share", "share"]


def test_the_stages_are_ops_under_their_own_names() -> None:
    deploy = definitions(PROJECT / "apps").resolve_job_def("shop_deploy")
    assert {op.name for op in deploy.graph.iterate_op_defs()} == {
        "shop_lint",
        "shop_build",
        "shop_test",
        "shop_push",
        "shop_production_deploy",
        "shop_production_rollback",
        "shop_production_record",
    }


def test_the_lineage_has_real_edges() -> None:
    graph = definitions(PROJECT / "apps").resolve_asset_graph()

    def upstream(asset: str) -> set[str]:
        return {key.to_user_string() for key in graph.get(dg.AssetKey(asset)).parent_keys}

    assert upstream("shop_image") == set()
    assert upstream("shop_staging") == {"shop_image"}
    assert upstream("shop_production") == {"shop_image", "shop_staging"}


@pytest.mark.parametrize(
    "request_",
    [
        Request(app="shop", job=Job.INTEGRATE, commit="1" * 40, branch="development"),
        Request(app="shop", job=Job.STAGE, environment="staging", commit="1" * 40),
        Request(app="shop", job=Job.DEPLOY, environment="production", commit="1" * 40, branch="main"),
        Request(app="shop", job=Job.DEPLOY, environment="production", version="1.0.0"),
        Request(app="shop", job=Job.ROLLBACK, environment="production"),
    ],
    ids=lambda request: f"{request.job}-{'version' if request.version else 'commit'}",
)
def test_requests_fit_the_jobs(request_: Request) -> None:
    name = job_name("shop", request_.job, request_.environment, ["production"])
    job = definitions(PROJECT / "apps").resolve_job_def(name)
    part = job.get_subset(asset_selection={dg.AssetKey(name) for name in request_.assets})
    assert dg.validate_run_config(part, request_.run_config())


def test_a_job_needs_no_configuration() -> None:
    defs = definitions(PROJECT / "apps")
    for name in ("shop_integrate", "shop_stage", "shop_deploy", "shop_rollback"):
        assert dg.validate_run_config(defs.resolve_job_def(name), {})


def test_several_apps_load_side_by_side(apps: Path) -> None:
    (apps / "other.yaml").write_text(GOOD.format(name="other"))
    defs = definitions(apps)
    dg.Definitions.validate_loadable(defs)
    assert asset_names(defs) == {"good_image", "good_production", "other_image", "other_production"}


def test_a_wrong_file_is_shown_and_keeps_no_other_app_from_loading(apps: Path) -> None:
    (apps / "bad.yaml").write_text("repositry: team/bad\n")
    (apps / "worse.yml").write_text("{\n")
    defs = definitions(apps)
    dg.Definitions.validate_loadable(defs)
    assert asset_names(defs) == {"good_image", "good_production", "cannot_load_bad_yaml", "cannot_load_worse_yml"}
    assert "did you mean 'repository'?" in description(defs, "cannot_load_bad_yaml")
    assert "bad.yaml" in str(defs.metadata["config_errors"].value)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("bad", "owners: [somebody]", "Invalid owner 'somebody'"),
        ("good_production", "", "good_production_deploy would name two of Dagster's jobs, assets or ops"),
    ],
)
def test_what_only_dagster_refuses_is_shown_too(apps: Path, name: str, text: str, sentence: str) -> None:
    place = "environments:\n  production: {hosts: a.example.org, directory: /opt/x/y, compose: production.yml}\n"
    (apps / f"{name}.yaml").write_text(f"repository: team/x\nimage: registry.example.org/x/y\n{place}{text}\n")
    defs = definitions(apps)
    dg.Definitions.validate_loadable(defs)
    assert "good_image" in asset_names(defs)
    assert sentence in description(defs, f"cannot_load_{name}_yaml")


@pytest.mark.parametrize(
    ("environment", "sentence"), [("image", "is the image itself"), ("deploy", "bad_deploy would name")]
)
def test_an_environment_cannot_have_a_name_that_dagster_needs(apps: Path, environment: str, sentence: str) -> None:
    (apps / "bad.yaml").write_text(GOOD.format(name="bad").replace("production:", f"{environment}:"))
    defs = definitions(apps)
    dg.Definitions.validate_loadable(defs)
    assert sentence in description(defs, "cannot_load_bad_yaml")
