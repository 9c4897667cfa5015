"""One sensor for all apps, on a real storage: entries, pauses, lost ticks, and what the sensors of an older version left behind."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, SensorInstigatorData
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from pipeline_defs.config import Home, load_app
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.release.pause import Pause
from pipeline_defs.runtime.automation.app_pauses import read_pauses, write_pause
from pipeline_defs.runtime.automation.cursor_migration import take_over
from pipeline_defs.runtime.automation.entries import ALL, read_entries, read_entry, write_entries
from tests.support.shop import git
from tests.support.ticks import Ticking

APP = """
repository: {repository}
image: 127.0.0.1:9/team/{name}
environments:
  production: {{hosts: a.example.org, directory: /opt/{name}, compose: production.yml}}
"""
PAUSE = Pause(actor="ann@desk", reason="the database is restored", at="2026-05-04T12:00:00+00:00")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as made:
        yield made


@pytest.fixture
def apps(tmp_path: Path, instance: dg.DagsterInstance) -> Ticking:
    """The apps `blog` and `shop`, each with a repository, after the first look."""
    made = []
    for name in ("blog", "shop"):
        repository = tmp_path / name
        repository.mkdir()
        git(repository, "init", "--quiet", "--initial-branch=main")
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "begin")
        (tmp_path / f"{name}.yaml").write_text(APP.format(repository=repository, name=name))
        made.append(load_app(tmp_path / f"{name}.yaml"))
    ticking = Ticking(instance, *made, source=SourceResource(workspace=str(tmp_path / "workspace")))
    assert ticking.tick("branches").run_requests == []
    return ticking


def move(tmp_path: Path, name: str) -> str:
    git(tmp_path / name, "commit", "--quiet", "--allow-empty", "-m", "more")
    return git(tmp_path / name, "rev-parse", "HEAD")


def keys(apps: Ticking, *, lost: bool = False) -> list[str | None]:
    return [request.run_key for request in apps.tick("branches", lost=lost).run_requests]


def test_each_app_has_an_entry_and_its_own_jobs(apps: Ticking, tmp_path: Path) -> None:
    blog, shop = move(tmp_path, "blog"), move(tmp_path, "shop")
    requests = apps.tick("branches").run_requests
    assert [(each.job_name, each.run_key) for each in requests] == [
        ("blog_deploy", f"deploy:blog:{blog}"),
        ("shop_deploy", f"deploy:shop:{shop}"),
    ]
    assert keys(apps) == []
    assert (blog in (apps.entry("blog", "branches") or ""), shop in (apps.entry("shop", "branches") or "")) == (
        True,
        True,
    )


def test_a_tick_that_is_lost_on_its_way_loses_no_change_and_a_reload_repeats_none(
    apps: Ticking, tmp_path: Path
) -> None:
    head = move(tmp_path, "blog")
    assert keys(apps, lost=True) == [f"deploy:blog:{head}"]
    assert keys(apps) == [f"deploy:blog:{head}"]
    apps.restart()
    assert keys(apps) == []


def test_an_app_whose_repository_is_away_keeps_no_other_back(apps: Ticking, tmp_path: Path) -> None:
    (tmp_path / "blog").rename(tmp_path / "away")
    head = move(tmp_path, "shop")
    assert keys(apps) == [f"deploy:shop:{head}"]
    assert "blog: the repository" in (apps.tick("branches").skip_message or "")


def test_a_paused_app_starts_nothing_says_why_and_catches_up(
    apps: Ticking, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    write_pause(instance, "blog", PAUSE)
    move(tmp_path, "blog")
    newest, shop = move(tmp_path, "blog"), move(tmp_path, "shop")
    assert keys(apps) == [f"deploy:shop:{shop}"]
    said = apps.tick("branches").skip_message
    assert said == "blog: paused since 2026-05-04T12:00:00+00:00 by ann@desk: the database is restored"
    apps.restart()
    assert keys(apps) == []
    write_pause(instance, "blog", None)
    assert keys(apps) == [f"deploy:blog:{newest}"]


def test_a_pause_that_cannot_be_read_is_a_pause(instance: dg.DagsterInstance) -> None:
    write_entries(instance, "paused", {"blog": "{"})
    assert set(read_pauses(instance, ["blog", "shop"])) == {"blog"}


def test_entries_are_kept_one_by_one(instance: dg.DagsterInstance) -> None:
    """Of several at once Dagster drops the new ones where another is known."""
    write_entries(instance, "branches", {"blog": "1"})
    write_entries(instance, "branches", {"blog": "2", "shop": "3"})
    write_entries(instance, "drift", {"blog": "4"})
    found = read_entries(instance, ["blog", "shop"], "branches", "drift")
    assert found == {"branches": {"blog": "2", "shop": "3"}, "drift": {"blog": "4"}}
    write_entries(instance, "branches", {"blog": ""})
    assert read_entry(instance, "blog", "branches") is None


def old_sensor(instance: dg.DagsterInstance, name: str, cursor: str | None, *, off: bool = False) -> None:
    """What Dagster keeps of a sensor that there is no more."""
    place = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(module_name="nowhere"))
    origin = RemoteRepositoryOrigin(place, "__repository__").get_instigator_origin(name)
    status = InstigatorStatus.STOPPED if off else InstigatorStatus.RUNNING
    data = SensorInstigatorData(cursor=cursor)
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, status, data))


def test_what_the_sensors_of_an_older_version_knew_is_taken_over_once(
    apps: Ticking, tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    known = apps.entry("blog", "branches")
    write_entries(instance, "branches", {"blog": ""})
    assert known
    old_sensor(instance, "blog_branches", known)
    old_sensor(instance, "shop_branches", '{"main": "of long ago"}', off=True)
    old_sensor(instance, "blog_report", '{"since": 1.0}')
    old_sensor(instance, "blog_recover_failed", '{"__class__": "RunStatusSensorCursor", "record_id": 17}')
    old_sensor(instance, "blog_recover_canceled", '{"__class__": "RunStatusSensorCursor", "record_id": 12}')
    old_sensor(instance, "blog_after_freeze", None)
    old_sensor(instance, "somebody_elses", "1")
    head = move(tmp_path, "blog")
    assert [sentence.partition(",")[0] for sentence in take_over(instance)] == ["shop is paused"]
    assert "of long ago" not in (apps.entry("shop", "branches") or ""), "an entry that is there is newer"
    assert (read_entry(instance, "blog", "report"), read_entry(instance, ALL, "recover")) == ('{"since": 1.0}', "12")
    assert [state.instigator_name for state in instance.all_instigator_state()] == ["somebody_elses"]
    assert list(take_over(instance)) == []
    apps.restart()
    assert keys(apps) == [f"deploy:blog:{head}"], "what moved during the upgrade is found"
    assert set(read_pauses(instance, ["blog", "shop"])) == {"shop"}


def test_what_ends_in_a_new_home_before_the_first_tick_is_looked_at(
    apps: Ticking, instance: dg.DagsterInstance
) -> None:
    assert list(take_over(instance)) == []

    @dg.job
    def shop_deploy() -> None:
        dg.op(name="ends")(lambda: 1 / 0)()

    run = shop_deploy.execute_in_process(instance=instance, raise_on_error=False)
    assert not run.success
    assert apps.tick("recover").skip_message == f"shop: run {run.run_id[:8]} left nothing to undo"


def test_no_recovery_is_lost_for_a_page_that_cannot_be_kept(apps: Ticking, instance: dg.DagsterInstance) -> None:
    assert list(take_over(instance)) == []
    made = dg.AssetMaterialization("shop_production", metadata={"version": "1.0.0", "digest": f"sha256:{'ab' * 32}"})
    instance.report_runless_asset_event(made)
    (Home(Path(instance.root_directory)).shown_versions / "in the way").mkdir(parents=True)

    @dg.job
    def shop_deploy() -> None:
        dg.op(name="ends")(lambda: 1 / 0)()

    run = shop_deploy.execute_in_process(instance=instance, raise_on_error=False)
    assert apps.tick("recover").skip_message == f"shop: run {run.run_id[:8]} left nothing to undo"
