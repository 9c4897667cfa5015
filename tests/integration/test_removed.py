"""What was removed from the apps' files keeps its past; and an image's provenance is told."""

import json
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Release
from tests.support.recorded import record

APP = """
repository: https://ada:secret@git.example.org/team/shop.git
image: registry.example.org/team/shop
environments:
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}
"""
DIGEST, COMMIT = "sha256:" + "a" * 64, "1" * 40
ID = "20260504T120000Z-000001abcd"


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the apps' files; of shop an environment `demo` was used, which its file does not name any more."""
    folder = tmp_path / "apps"
    folder.mkdir()
    (folder / "shop.yaml").write_text(APP)
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(folder))
    monkeypatch.setenv("SHIPLINE_URL", "https://shipline.example.org/")
    home = Home.find()
    prepare(home)
    release = Release(
        app="shop", version="1.0.0", repository="registry.example.org/team/shop", digest=DIGEST, commit=COMMIT
    )
    image = Image(
        app="shop", repository=release.repository, digest=DIGEST, version="1.0.0", commit=COMMIT, branch="main", tree="t" * 64,
        built_from="2" * 40, pull=12, issue=7, tags=("1.0.0",), run="r", at="2026-05-04T11:00:00+00:00",
    )  # fmt: skip
    row = Deployment(
        id=ID, kind=DeploymentKind.DEPLOY, release=release, environment="demo", outcome=Outcome.SUCCEEDED,
        started="2026-05-04T12:00:00+00:00", run="r", actor="ada", reason="to show it", backup="backups/1.dump",
    )  # fmt: skip
    with dg.DagsterInstance.from_config(str(home.root)) as instance:
        record(instance, image)
        record(instance, row)
    return folder


def told(capsys: pytest.CaptureFixture[str], *words: str) -> object:
    assert main(["--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["1.0.0", "aaaa", "#12", "pr:12", "issue:7", "1111", "2222", ID])
def test_an_environment_that_was_removed_keeps_its_past(
    apps: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    traced = told(capsys, "trace", "shop", name)
    assert isinstance(traced, dict)
    assert [row["environment"] for row in traced["deployments"]] == ["demo"]
    assert (traced["image"]["pull"], traced["deployments"][0]["reason"]) == (12, "to show it")


def test_an_app_whose_file_was_removed_keeps_its_past(apps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = told(capsys, "history", "shop")
    assert told(capsys, "history", "shop", "demo") == before
    assert isinstance(before, list)
    assert before[0]["id"] == ID
    (apps / "shop.yaml").rename(apps / "other.yaml")
    assert told(capsys, "history", "shop") == before
    assert main(["trace", "shop", "1.0.0"]) == 0
    capsys.readouterr()
    assert main(["history", "shop", "qa"]) == 2
    assert "shop has no environment 'qa'; known: demo" in capsys.readouterr().err
    assert main(["trace", "nothing", "1.0.0"]) == 2


def test_provenance_is_a_statement_about_the_digest(apps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statement = told(capsys, "provenance", "shop", "v1.0.0")
    assert isinstance(statement, dict)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "registry.example.org/team/shop", "digest": {"sha256": "a" * 64}}]
    definition, details = statement["predicate"]["buildDefinition"], statement["predicate"]["runDetails"]
    source = {"uri": "git+https://git.example.org/team/shop.git", "digest": {"gitCommit": "2" * 40}}
    assert definition["resolvedDependencies"] == [source]
    assert details["builder"]["id"] == "https://shipline.example.org"
    assert details["metadata"]["invocationId"] == "https://shipline.example.org/runs/r"
    assert "secret" not in json.dumps(statement)
    assert main(["provenance", "shop", "2.0.0"]) == 2
    assert "shop has no image of 2.0.0" in capsys.readouterr().err
