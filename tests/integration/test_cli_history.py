"""The history read back from a real Dagster storage, with no service running."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home
from pipeline_defs.release.evidence import Copy, LintCounts, Migration, StepTiming, TestCounts, Verdict, WayBack
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal, Release
from tests.support.recorded import record

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
FIRST, SECOND = "1" * 40, "2" * 40
PASSED = TestCounts(tests=12, seconds=1.5)


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """The storage of a home with one app."""
    apps = tmp_path / "apps"
    apps.mkdir()
    (apps / "shop.yaml").write_text(
        """
repository: team/shop
image: registry.example.org/team/shop
environments:
  staging: {hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {name: shop, user: shop}}
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}
"""
    )
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(apps))
    home = Home.find()
    prepare(home)
    with dg.DagsterInstance.from_config(str(home.root)) as instance:
        yield instance


def release(version: str, digest: str, commit: str) -> Release:
    return Release(
        app="shop", version=version, repository="registry.example.org/team/shop", digest=digest, commit=commit
    )


V1, V2 = release("1.0.0", A, FIRST), release("1.1.0", B, SECOND)


def image(of: Release) -> Image:
    return Image(
        app="shop", repository=of.repository, digest=of.digest, version=of.version, commit=of.commit, branch="main",
        tree="t" * 64, built_from=of.commit, tags=(of.version, "latest"), lint=LintCounts(command="flake8", warnings=3),
        steps=(StepTiming(step="build", seconds=2.5),),
        tests=PASSED, run="run-1", at="2026-05-04T11:00:00+00:00",
    )  # fmt: skip


def deployment(number: int, of: Release, outcome: Outcome, run: str = "run", **more: object) -> Deployment:
    given = {
        "kind": DeploymentKind.DEPLOY,
        "actor": "ada@desk",
        "run": run,
        "started": f"2026-05-04T12:{number:02}:00+00:00",
    }
    return Deployment.model_validate(
        {"id": f"{number:04}", "release": of, "environment": "production", "outcome": outcome, **given, **more}
    )


def observe(storage: dg.DagsterInstance, row: Deployment) -> None:
    record(storage, row, materialized=False)


def materialize(storage: dg.DagsterInstance, row: Deployment) -> None:
    record(storage, row, materialized=True)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict] | dict:
    assert main(["--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_two_deployments_that_interleave_keep_their_own_rows(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was stored last belongs to the older deployment: "the latest event" would name the wrong one twice."""
    old, new = deployment(1, V1, Outcome.STARTED), deployment(2, V2, Outcome.STARTED)
    observe(storage, old)
    observe(storage, new)
    materialize(storage, new.model_copy(update={"outcome": Outcome.SUCCEEDED, "tests": PASSED, "seconds": 9.5}))
    observe(storage, old.model_copy(update={"outcome": Outcome.FAILED, "error": "the server's disk is full"}))
    rows = told(capsys, "history", "shop", "production")
    assert [(row["version"], row["digest"], row["commit"], row["outcome"], row["live"]) for row in rows] == [
        ("1.1.0", B, SECOND, "succeeded", True),
        ("1.0.0", A, FIRST, "failed", False),
    ]
    assert rows[0]["tests"]["tests"] == 12
    assert rows[0]["seconds"] == 9.5
    assert rows[1]["error"] == "the server's disk is full"


def test_a_rolled_back_deployment_a_rollback_and_their_reasons(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    materialize(storage, deployment(1, V1, Outcome.SUCCEEDED))
    observe(storage, deployment(2, V2, Outcome.ROLLED_BACK, previous=V1, error="e2e: 1 of 9 failed"))
    materialize(
        storage,
        deployment(3, V1, Outcome.SUCCEEDED, kind=DeploymentKind.ROLLBACK, because_of="0002", reason="to be sure"),
    )
    rows = told(capsys, "history", "shop", "production")
    assert [(row["kind"], row["outcome"], row["previous_version"], row["because_of"]) for row in rows] == [
        ("rollback", "succeeded", None, "0002"),
        ("deploy", "rolled back", "1.0.0", None),
        ("deploy", "succeeded", None, None),
    ]
    [staging, production] = told(capsys, "status", "shop")
    assert (staging["version"], staging["last"]) == (None, None)
    assert (production["version"], production["digest"], production["by"]) == ("1.0.0", A, "ada@desk")
    assert (production["last"]["kind"], production["running"]) == ("rollback", False)
    assert main(["history", "shop"]) == 0
    assert "rolled back" in capsys.readouterr().out


def test_a_deployment_without_an_end_runs_as_long_as_its_run_does(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    run = dg.DagsterRun(job_name="shop_deploy", run_id="0b1c2d3e-0000-4000-8000-000000000001")
    storage.add_run(run)
    observe(storage, deployment(1, V1, Outcome.STARTED, run=run.run_id))
    assert [row["outcome"] for row in told(capsys, "history", "shop")] == ["running"]
    assert told(capsys, "status", "shop")[1]["running"] is True
    storage.report_run_failed(run, "killed")
    assert [row["outcome"] for row in told(capsys, "history", "shop")] == ["failed (interrupted)"]
    assert told(capsys, "status", "shop")[1]["running"] is False


def test_trace_leads_from_a_version_to_evidence_rehearsal_and_deployments(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in (V1, V2):
        record(storage, image(each))
        rehearsal = Rehearsal(
            id=each.version, release=each, environment="staging", outcome=Outcome.SUCCEEDED, tests=PASSED, e2e=PASSED,
            started="2026-05-04T11:30:00+00:00", database_bytes=1000, run="run-2",
        )  # fmt: skip
        record(storage, rehearsal)
    materialize(storage, deployment(1, V1, Outcome.SUCCEEDED))
    materialize(storage, deployment(2, V2, Outcome.SUCCEEDED))
    materialize(storage, deployment(3, V1, Outcome.SUCCEEDED, kind=DeploymentKind.ROLLBACK))
    for query in ("1.0.0", A, "aaaa", "1111"):
        found = told(capsys, "trace", "shop", query)
        assert (found["query"], found["commit"], found["image"]["digest"]) == (query, FIRST, A)
        assert found["tests"]["tests"] == 12
        assert (found["image"]["lint"]["warnings"], len(found["images"])) == (3, 1)
        assert (found["rehearsal"]["version"], len(found["rehearsals"])) == ("1.0.0", 1)
        assert [row["id"] for row in found["deployments"]] == ["0003", "0001"]
    assert main(["trace", "shop", "1.1.0"]) == 0
    shown = capsys.readouterr().out
    assert B in shown
    assert SECOND in shown


def test_trace_and_history_tell_what_a_rehearsal_proved(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = WayBack(
        verdict=Verdict.NEEDS_DOWNGRADE, version="1.0.0", digest=A, revision="0003", reason="step way back e2e: 1 of 9"
    )
    rehearsal = Rehearsal(
        id="1", release=V2, environment="staging", outcome=Outcome.SUCCEEDED, tests=PASSED, e2e=PASSED,
        started="2026-05-04T11:30:00+00:00", run="run-2", revision_before="0003", revision="0005",
        migrations=(Migration(before="0003", after="0004", seconds=1.5), Migration(before="0004", after="0005", seconds=2)),
        copied=Copy(bytes=2**30, dump_bytes=2**20, tables=3, rows=1200, restore_seconds=8.5), way_back=verdict,
    )  # fmt: skip
    record(storage, rehearsal)
    materialize(storage, deployment(2, V2, Outcome.SUCCEEDED, backup="/b/2.dump", way_back=verdict))
    found = told(capsys, "trace", "shop", "1.1.0")
    row = found["rehearsal"]
    assert (row["revision_before"], row["revision"], row["copied"]["rows"]) == ("0003", "0005", 1200)
    assert [each["seconds"] for each in row["migrations"]] == [1.5, 2.0]
    assert row["way_back"]["verdict"] == found["deployments"][0]["way_back"]["verdict"] == "needs downgrade"
    assert found["deployments"][0]["backup"] == "/b/2.dump"
    assert main(["trace", "shop", "1.1.0"]) == 0
    shown = capsys.readouterr().out
    assert "0003 -> 0005 in 3.5 s" in shown
    assert "0003 -> 0004: 1.5 s; 0004 -> 0005: 2.0 s" in shown
    assert "1,200 rows in 3 tables, database 1.0 GiB, dump 1.0 MiB, restored in 8.5 s" in shown
    assert "way back to 1.0.0: needs downgrade to 0003, because step way back e2e: 1 of 9" in shown
    assert main(["history", "shop", "staging"]) == 0
    assert "needs downgrade" in capsys.readouterr().out


def test_an_event_a_person_reported_in_the_ui_is_no_row(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    storage.report_runless_asset_event(dg.AssetMaterialization("shop_production"))
    assert told(capsys, "history", "shop") == []


def test_a_history_longer_than_a_page_is_read_whole(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_defs.lineage.index.catch_up._BATCH", 3)
    monkeypatch.setattr("pipeline_defs.lineage.index.catch_up._SETTLED", 0)
    for number in range(8):
        observe(storage, deployment(number, V1, Outcome.STARTED))
        materialize(storage, deployment(number, V1, Outcome.SUCCEEDED))
    rows = told(capsys, "history", "shop", "--limit", "100")
    assert [row["id"] for row in rows] == [f"{number:04}" for number in reversed(range(8))]
    assert {row["outcome"] for row in rows} == {"succeeded"}
    assert len(told(capsys, "history", "shop", "--limit", "2")) == 2


def test_a_quarantine_is_asked_for_listed_shown_and_lifted_with_a_reason(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    record(storage, image(V2))
    materialize(storage, deployment(1, V1, Outcome.SUCCEEDED))
    assert told(capsys, "quarantine", "list") == []
    asked = told(capsys, "quarantine", "add", "shop", "production", "1.1.0", "--reason", "orders are lost")
    assert (asked["version"], asked["digest"], asked["reason"], asked["lifted"]) == (
        "1.1.0",
        B,
        "orders are lost",
        False,
    )
    [listed] = told(capsys, "quarantine", "list", "shop")
    assert (listed["environment"], listed["version"], listed["deployment"]) == ("production", "1.1.0", None)
    assert listed["because"].endswith("said so: orders are lost")
    assert told(capsys, "status", "shop")[1]["quarantined"] == [listed]
    assert main(["status", "shop"]) == 0
    assert "shop production: 1.1.0 is quarantined since" in capsys.readouterr().out
    told(capsys, "quarantine", "lift", "shop", "production", "1.1.0", "--reason", "mended")
    assert told(capsys, "quarantine", "list", "shop") == []
    assert told(capsys, "status", "shop")[1]["quarantined"] == []
    words = [
        record.asset_observation
        for record in storage.fetch_observations(dg.AssetKey("shop_production"), limit=5).records
    ]
    assert [word.description.partition(" by ")[0] for word in words if word and word.description] == [
        "quarantine of 1.1.0 lifted",
        "quarantine of 1.1.0 asked for",
    ]


def test_a_release_that_was_rolled_back_is_listed_until_it_is_lifted(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    materialize(storage, deployment(1, V1, Outcome.SUCCEEDED))
    observe(storage, deployment(2, V2, Outcome.ROLLED_BACK, error="1 of 9 failed", failed_after_change=True))
    [listed] = told(capsys, "quarantine", "list", "shop")
    assert (listed["version"], listed["deployment"]) == ("1.1.0", "0002")
    told(capsys, "quarantine", "lift", "shop", "production", "v1.1.0", "--reason", "the mail server was down")
    assert told(capsys, "quarantine", "list", "shop") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "shop", "production", "1.1.0"), "a quarantine needs a reason"),
        (("lift", "shop", "production", "1.1.0", "--reason", " "), "lifting a quarantine needs a reason"),
        (("add", "shop", "production", "7.0.0", "--reason", "x"), "shop has no image of version 7.0.0"),
        (("add", "shop", "staging", "1.1.0", "--reason", "x"), "staging is where shop is rehearsed"),
        (("lift", "shop", "production", "1.1.0", "--reason", "x"), "1.1.0 is not quarantined in production of shop"),
    ],
)
def test_a_word_that_cannot_be_is_refused_with_a_sentence(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["quarantine", *words]) == 2
    assert said in capsys.readouterr().err


def freeze(folder: Path, window: str) -> None:
    """Give production a window in the app's file."""
    file = folder / "apps" / "shop.yaml"
    file.write_text(
        file.read_text().replace("compose: production.yml}", f'compose: production.yml, freeze: ["{window}"]}}')
    )


def test_a_freeze_is_listed_and_shown_with_what_waits_for_it(
    storage: dg.DagsterInstance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "freeze", "list", "shop") == []
    assert [(each["freeze"], each["waiting"]) for each in told(capsys, "status", "shop")] == [(None, None)] * 2
    freeze(tmp_path, "2000-01-01 .. 2999-12-31 Europe/London")
    materialize(storage, deployment(1, V1, Outcome.SUCCEEDED))
    waits = {
        "frozen_until": "3000-01-01T00:00:00+00:00",
        "error": "waits for the freeze to end at Wed 3000-01-01 00:00 GMT",
    }
    observe(storage, deployment(2, V2, Outcome.FROZEN, **waits))
    [listed] = told(capsys, "freeze", "list")
    assert (listed["environment"], listed["holds"], listed["until"]) == (
        "production",
        True,
        "3000-01-01T00:00:00+00:00",
    )
    production = told(capsys, "status", "shop")[1]
    assert (production["version"], production["freeze"]["until"]) == ("1.0.0", "3000-01-01T00:00:00+00:00")
    assert (production["waiting"]["version"], production["waiting"]["error"]) == ("1.1.0", waits["error"])
    for words in (("status", "shop"), ("history", "shop"), ("freeze", "list")):
        assert main(list(words)) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "shop production: frozen until Wed 3000-01-01 00:00 GMT (2000-01-01 .. 2999-12-31 Europe/London)" in shown
    assert "shop production: 1.1.0 waits for the freeze to end at Wed 3000-01-01 00:00 GMT" in shown
    assert shown.count("waits for the freeze to end at") == 2, "status and history"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 1, "production of shop is frozen until Wed 3000-01-01 00:00 GMT"),
        (("--override-freeze",), 2, "--override-freeze needs a reason"),
        (("--override-freeze", "--reason", " "), 2, "--override-freeze needs a reason"),
    ],
)
def test_a_deployment_during_a_freeze_is_refused_before_anything_is_asked_for(
    storage: dg.DagsterInstance,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    freeze(tmp_path, "2000-01-01 .. 2999-12-31 Europe/London")
    assert main(["run", "deploy", "shop", "--version", "1.0.0", *words]) == status
    assert said in capsys.readouterr().err


def test_there_is_no_plan_for_what_was_never_built(
    storage: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "shop", "production", "--version", "7.0.0"]) == 1
    assert "shop has no image of version 7.0.0; make one with: shipline run integrate shop" in capsys.readouterr().err
    assert main(["plan", "shop"]) == 1
    assert "shop has no image yet; make one with: shipline run integrate shop" in capsys.readouterr().err
