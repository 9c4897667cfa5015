"""`shipline metrics` on a real storage: the measures, the chart, and the files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import dagster as dg
import pytest
from PIL import Image

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release
from tests.support.recorded import record

APP = """
repository: team/shop
image: registry.example.org/team/shop
environments:
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which shop deployed, failed and went back during the last days."""
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "shop.yaml").write_text(APP)
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path / "apps"))
    home = Home.find()
    prepare(home)
    with dg.DagsterInstance.from_config(str(home.root)) as instance:
        for row in history(datetime.now(UTC)):
            record(instance, row, materialized=False)
    return tmp_path


def history(now: datetime) -> list[Deployment]:
    def at(hours: float, version: str, outcome: Outcome, **more: object) -> Deployment:
        started = now - timedelta(hours=hours)
        release = Release(app="shop", version=version, repository="r", digest=f"sha256:{version}", commit="c" * 40)
        fields = {"id": f"{started:%Y%m%dT%H%M%SZ}", "kind": DeploymentKind.DEPLOY, "release": release, "seconds": 60}
        fields |= {"environment": "production", "outcome": outcome, "started": started.isoformat()}
        return Deployment.model_validate({**fields, **more})

    commit = (now - timedelta(hours=70) + timedelta(seconds=60)).isoformat()
    return [
        at(2000, "0.9.0", Outcome.SUCCEEDED),
        at(100, "1.0.0", Outcome.STARTED),
        at(100, "1.0.0", Outcome.SUCCEEDED),  # the last word counts
        at(60, "1.1.0", Outcome.SUCCEEDED, committed=[commit]),
        at(20, "1.2.0", Outcome.ROLLED_BACK, failed_after_change=True),
        at(19.9, "1.1.0", Outcome.SUCCEEDED, kind=DeploymentKind.ROLLBACK, because_of="x", seconds=240),
    ]


def test_the_four_measures_are_told(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "--since", "7d", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)["apps"]
    assert (told["app"], told["environment"], told["per_week"], told["untold"]) == ("shop", "production", 2.0, 1)
    assert (told["deployments"], told["failed"], round(told["failure_rate"], 3)) == (3, 1, 0.333)
    assert (told["lead_time"]["median"], told["restore_time"]["median"]) == (10 * 3600, 600)
    assert sum(part["deployments"] for part in told["periods"]) == 3
    assert main(["metrics", "shop", "--since", "90d"]) == 0
    shown = capsys.readouterr().out
    for words in ("3 deployments", "10 h 00 min median", "25% (1 of 4", "10 min 00 s median", "█"):
        assert words in shown


def test_they_are_drawn_into_files(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("m.svg", "m.png"):
        assert main(["metrics", "shop", "--plot", str(shop / name)]) == 0
    root = ElementTree.parse(shop / "m.svg").getroot()
    assert {element.tag.rpartition("}")[2] for element in root} == {"rect", "text"}
    assert "shop production" in [element.text for element in root]
    with Image.open(shop / "m.png") as image:
        assert (image.format, image.size) == ("PNG", (960, 720))
        assert len(image.getcolors(100000) or []) > 5


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "soon"], "'soon' is no beginning; write 90d"),
        (["--timezone", "Europe/Lodnon"], "'Europe/Lodnon' is no time zone that is known here"),
        (["--timezone", "../etc/passwd"], "is no time zone"),
        (["--plot", "m.pdf"], "a file that ends with .svg or .png"),
        (["--plot", "nowhere/m.svg"], "it cannot be written (No such file or directory)"),
        (["--environment", "prod"], "shop has no environment 'prod'"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    words: list[str], says: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["metrics", "shop", *words]) == 2
    assert says in capsys.readouterr().err


def test_an_app_that_was_never_deployed_has_none(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "apps" / "other.yaml").write_text(APP.replace("/opt/shop", "/opt/other"))
    assert main(["metrics", "other"]) == 0
    assert "no deployment yet" in capsys.readouterr().out
    assert main(["metrics", "--plot", "m.svg"]) == 2
    assert "a file shows one app; name one of other, shop" in capsys.readouterr().err
