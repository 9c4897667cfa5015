"""The sample app by real runs: what rehearsals prove, what is told of a release before it comes, and what is done by hand.

The tests follow one another: 1.0.0 is in production until the last ones deploy 1.1.0.
"""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from rich.console import Group

from pipeline_defs.cli import diff_command as diff_command
from pipeline_defs.cli import plan_command as plan_command
from pipeline_defs.cli.cli_output import Output
from pipeline_defs.config import App
from pipeline_defs.deployments.difference import difference_of
from pipeline_defs.deployments.drift import drift_of
from pipeline_defs.deployments.plan import plan_of
from pipeline_defs.deployments.protocols import DeploymentError
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.github.commit_pulls import pulls_among
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.drift_check import drift_check
from pipeline_defs.release.deployment_plan import Plan
from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.history import Row
from pipeline_defs.release.undeployed_changes import Difference
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from tests.integration.shop_runs import A_TEST_FAILS, ADDS, PRODUCTION, RENAMES, STAGING, ShopRuns
from tests.support import shop
from tests.support.shop import DATABASE_PASSWORD, git
from tests.support.ticks import Ticking

REHEARSED = True  # 1.0.0 was, before there was anything to go back to

QUICKER = ("production.yml", "interval: 2s  # the image", "interval: 1s  # the image")
CARTS = "Merge pull request #7 from acme/12-carts"
STOP = "docker stop -t 0 $(docker ps -q -f label=com.docker.compose.project=shop-production -f label=com.docker.compose.service=web)"

# The Engine itself puts a file into /tmp for each health check of a container, and takes it away again.
ALL = """
find /opt /root -xdev -printf '%p %m %T@ %s\\n' | sort
find /tmp -xdev -mindepth 1 ! -name 'runc-process*' -printf '%p %m %T@ %s\\n' | sort
docker ps -a --no-trunc --format '{{.ID}} {{.Image}} {{.State}}' | sort
docker image ls --no-trunc --digests -q | sort; docker volume ls -q | sort; docker network ls -q | sort
"""


def checks(runs: ShopRuns, run: dg.ExecuteInProcessResult) -> dict[str, tuple[str, str, str]]:
    """{check: (status, severity, description)} of a rehearsal, as the storage has them."""
    found = {}
    for name in ("tests", "e2e", "migrations", "way_back"):
        history = runs.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(STAGING, name), limit=20
        )
        record = next(each for each in history if each.run_id == run.run_id)
        evaluation: Any = record.evaluation
        planned = record.status.value == "PLANNED"
        found[name] = (
            (record.status.value, "", "")
            if planned
            else (record.status.value, evaluation.severity.value, evaluation.description)
        )
    return found


def newest(runs: ShopRuns, run: dg.ExecuteInProcessResult) -> Row:
    """The row that a rehearsal wrote."""
    return next(row for row in runs.rows("staging") if row.run == run.run_id)


def everything(server: Connection) -> str:
    """The server's files, with mode, time and size, and its containers, images, volumes and networks."""
    found = server.run(script(ALL), timeout=60)
    assert found.ok, found.stderr
    return found.stdout


def plan(runs: ShopRuns, folder: Path, version: str = "") -> Plan:
    with shop.variables(shop.environment(runs.shop.bed)):
        return plan_of(runs.app, "production", version, Lineage(runs.instance), source_of(runs.app, folder))


def difference(runs: ShopRuns, folder: Path, version: str = "", app: App | None = None) -> Difference:
    with shop.variables(shop.environment(runs.shop.bed)):
        source = source_of(app or runs.app, folder)
        return difference_of(app or runs.app, "production", version, Lineage(runs.instance), source, pulls_among)


def with_production(app: App, **settings: object) -> App:
    """The app, as when its file was given other settings for production."""
    production = app.environments["production"].model_copy(update=settings)
    return app.model_copy(update={"environments": {**app.environments, "production": production}})


def shown(capsys: pytest.CaptureFixture[str], what: object) -> str:
    """What a command prints."""
    Output().result(None, what)
    return capsys.readouterr().out


def look(runs: ShopRuns) -> list[dg.AssetCheckEvaluation]:
    """One tick of the sensor, whose events the daemon would store."""
    with shop.variables(shop.environment(runs.shop.bed)):
        result = Ticking(runs.instance, runs.app).tick("drift")
    events = [event for event in result.asset_events or () if isinstance(event, dg.AssetCheckEvaluation)]
    for event in events:
        runs.instance.report_runless_asset_event(event)
    return events


def test_the_first_rehearsal_has_nothing_to_go_back_to(runs: ShopRuns) -> None:
    first = runs.rows("staging")[-1]
    (record,) = [
        each
        for each in runs.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(STAGING, "way_back"), limit=20
        )
        if each.run_id == first.run
    ]
    assert record.status.value == "SUCCEEDED"


def test_the_very_same_release_brings_nothing(runs: ShopRuns, tmp_path: Path) -> None:
    found = difference(runs, tmp_path, "1.0.0")
    assert found.nothing
    assert (found.commits, found.gone, found.pulls, found.files, found.variables, found.migration_files) == (
        (),
        (),
        (),
        (),
        {},
        (),
    )
    with pytest.raises(DeploymentError, match=r"shop has no image of version 9\.9\.9; make one with"):
        difference(runs, tmp_path, "9.9.9")


def test_what_neither_files_nor_names_show_is_said(runs: ShopRuns, tmp_path: Path) -> None:
    changed = with_production(runs.app, also=("worker",))
    assert difference(runs, tmp_path, "1.0.0", app=changed).values_changed


def test_what_is_done_by_hand_is_seen_until_it_is_put_right(runs: ShopRuns, server: Connection) -> None:
    lineage = Lineage(runs.instance)
    for name in ("tests", "e2e", "migrations", "health"):  # what the run that deployed it has proved
        proved = runs.instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(PRODUCTION, name))
        assert proved and proved.evaluation and proved.evaluation.passed, name
    events = look(runs)
    assert [event.passed for event in events] == [True]
    events = look(runs)
    assert events == [], "nothing new is not written again"

    assert server.run(script(STOP), timeout=60).ok
    events = look(runs)
    assert [event.passed for event in events] == [False]
    found = lineage.drift(runs.app, "production")
    assert found and len(found.said) == 1 and found.said[0].endswith("runs no container of 1.0.0")

    put_right = runs.rollback(version="1.0.0")
    assert put_right.success, runs.said(put_right)
    events = look(runs)
    assert [event.passed for event in events] == [True]

    check = drift_check(runs.app, "production")
    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(check))
    defs = dg.Definitions(
        assets=runs.defs.assets,
        asset_checks=[check],
        jobs=[job],
        resources=runs.defs.resources,
        executor=dg.in_process_executor,
    )
    with shop.variables(shop.environment(runs.shop.bed)):
        assert defs.resolve_job_def("look").execute_in_process(instance=runs.instance).success
    assert drift_of(runs.app, "production", lineage).said == ()


def test_what_a_deployment_would_bring_is_told(
    runs: ShopRuns, server: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs.repository / "notes.txt").write_text("carts\n")
    git(runs.repository, "add", "--all")
    git(runs.repository, "commit", "--quiet", "-m", CARTS)
    runs.release("1.1.0", *ADDS, QUICKER)
    before = everything(server)
    found = difference(runs, tmp_path, app=with_production(runs.app, environment={"COLOUR": "blue"}))
    assert everything(server) == before
    assert (found.release.version, found.live.version if found.live else None) == ("1.1.0", "1.0.0")
    assert [commit.subject for commit in found.commits] == ["1.1.0", CARTS]
    assert [pull.number for pull in found.pulls] == [7]
    assert [path.rpartition("/")[0] for path in found.migration_files] == ["migrations/versions"]
    assert found.migrations.sentence == "not known: no rehearsal of this image has passed"
    [compose] = found.files
    assert (compose.path, compose.how, compose.counts) == ("production.yml", "changed", (1, 1))
    assert any(line.startswith("+") and "interval: 1s" in line for line in compose.lines)
    assert (found.variables, found.values_changed, found.nothing, found.notes) == ({"COLOUR": "new"}, False, False, ())
    assert DATABASE_PASSWORD not in found.model_dump_json()

    printed = shown(capsys, Group(*diff_command._shown(found)))
    for words in (
        "1.0.0",
        "→ 1.1.0",
        "#7",
        "+      interval: 1s",
        "the variable COLOUR is new",
        "Nothing was changed.",
    ):
        assert words in printed


@pytest.mark.thorough
def test_a_way_back_that_needs_a_downgrade_is_a_warning(runs: ShopRuns) -> None:
    runs.release("1.2.0", *RENAMES)
    run = runs.stage("1.2.0")
    assert run.success, runs.said(run)
    status, severity, said = checks(runs, run)["way_back"]
    assert (status, severity) == ("FAILED", "WARN")
    assert said.startswith("way back to 1.0.0: needs downgrade to 0003, because ")


@pytest.mark.thorough
def test_a_rehearsal_that_fails_shows_where_and_what_it_did_not_reach(runs: ShopRuns) -> None:
    runs.release("1.3.0", *ADDS, *A_TEST_FAILS)
    run = runs.stage("1.3.0")
    assert not run.success
    found = checks(runs, run)
    assert found["migrations"][0] == "SUCCEEDED"
    assert found["tests"][0] == "FAILED" and "step test: 1 of " in found["tests"][2] and "moon" in found["tests"][2]
    assert (found["e2e"][0], found["way_back"][0]) == ("PLANNED", "PLANNED")
    assert newest(runs, run).outcome == "failed"


def test_a_rehearsal_that_passes_has_passed_its_checks_and_a_plan_is_what_the_deployment_then_does(
    runs: ShopRuns, server: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staged = runs.stage("1.1.0")
    assert staged.success, runs.said(staged)
    found = checks(runs, staged)
    assert {name: status for name, (status, _, _) in found.items()} == dict.fromkeys(
        ("tests", "e2e", "migrations", "way_back"), "SUCCEEDED"
    )
    assert "passed in" in found["tests"][2] and "passed in" in found["e2e"][2]
    assert found["migrations"][2].startswith("0003 -> 0004 in ")
    assert found["way_back"][2] == "way back to 1.0.0: compatible"
    row = newest(runs, staged)
    assert row.way_back and row.way_back.verdict is Verdict.COMPATIBLE
    assert [(each.before, each.after) for each in row.migrations] == [("0003", "0004")]
    assert row.copied and row.copied.rows is not None and row.copied.restore_seconds > 0

    before = everything(server)
    made = plan(runs, tmp_path, "1.1.0")
    assert everything(server) == before
    assert (made.release.version, made.live.version if made.live else None) == ("1.1.0", "1.0.0")
    assert [(each.before, each.after) for each in made.migrations.each] == [("0003", "0004")]
    assert made.going_back == "1.0.0 is started again, and works on the database as it is then"
    assert made.refusals == made.notes == ()
    assert made.downtime is not None
    assert 0 < made.downtime <= made.seconds
    assert all(step.seconds is not None for step in made.steps)
    printed = " ".join(shown(capsys, plan_command._shown(made)).split())
    assert "1.1.0" in printed and "0003 -> 0004" in printed and "Nothing was changed." in printed

    deployed = runs.deploy("1.1.0")
    assert deployed.success, runs.said(deployed)
    live = Lineage(runs.instance).deployments(runs.app, "production")[0]
    assert [step.step for step in live.steps] == [step.step for step in made.steps]
    assert live.release == made.release

    older = plan(runs, tmp_path, "1.0.0")
    assert [sentence.partition(",")[0] for sentence in older.refusals] == ["version 1.0.0 is older than 1.1.0"]
    assert plan(runs, tmp_path, "1.1.0").migrations.sentence == "none: the database is at 0004 already"
    with pytest.raises(DeploymentError, match=r"shop has no image of version 9\.9\.9; make one with"):
        plan(runs, tmp_path, "9.9.9")
