"""`shipline init`: a file that `shipline check` passes, written once, and only where it makes sense."""

import json
from pathlib import Path

import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.config.home import PROJECT

SHOP = str(PROJECT / "examples" / "shop")


@pytest.fixture
def apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the apps' files of an empty home."""
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path / "apps"))
    return tmp_path / "apps"


def test_what_it_writes_for_the_sample_app_passes_check(apps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", SHOP, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["app"], told["file"]) == ("shop", str(apps / "shop.yaml"))
    assert told["secrets"] == ["SHOP_REGISTRY_USER", "SHOP_REGISTRY_PASSWORD", "SHOP_DB_PASSWORD"]
    assert any("server.example.org" in sentence for sentence in told["missing"])
    capsys.readouterr()
    assert main(["check", "shop", "--offline"]) == 1
    told = capsys.readouterr().out
    assert "environments.production.hosts: server.example.org stands for your server; write its address" in told
    assert "image: registry.example.org stands for your registry" in told
    file = apps / "shop.yaml"
    file.write_text(file.read_text().replace("server.example.org", "a.example.org"))
    assert main(["check", "shop", "--offline"]) == 1
    assert "stands for your server" not in capsys.readouterr().out
    file.write_text(file.read_text().replace("registry.example.org/", "git.example.org/"))
    assert main(["check", "shop"]) == 0
    assert [file.name for file in apps.iterdir()] == ["shop.yaml"]


def test_a_file_that_is_there_is_replaced_only_when_asked_for(apps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apps.mkdir()
    (apps / "shop.yml").write_text("mine: yes\n")
    assert main(["init", SHOP]) == 2
    assert "shop.yml is there already and is left as it is; --force" in capsys.readouterr().err
    (apps / "shop.yml").rename(apps / "shop.yaml")
    assert main(["init", SHOP]) == 2
    assert (apps / "shop.yaml").read_text() == "mine: yes\n"
    assert main(["init", SHOP, "--name", "other"]) == 0
    assert main(["init", SHOP, "--force"]) == 0
    assert main(["check", "--offline"]) == 1


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["."], 1, "it needs a Dockerfile, with a HEALTHCHECK"),
        (["nowhere"], 1, "nowhere is no folder"),
        ([SHOP, "--name", "../shop"], 2, 'found "../shop"; allowed: at most 40 lower-case letters'),
        ([SHOP, "--service", "wbe"], 1, "no service is named 'wbe'; its services are web, db"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    words: list[str], status: int, says: str, apps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert main(["init", *words]) == status
    assert says in capsys.readouterr().err
    assert not apps.exists()


def test_what_a_repository_lacks_is_put_into_a_folder_and_counted(
    apps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "Dockerfile").write_text("FROM scratch\n")
    assert main(["init", str(tmp_path / "tiny"), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    folder = tmp_path / "home" / "proposed" / "tiny"
    assert files == {"folder": str(folder), "names": ["production.yml", "version.txt"], "lines": 6}
    assert sorted(each.name for each in folder.iterdir()) == ["production.yml", "version.txt"]
    assert [each.name for each in (tmp_path / "tiny").iterdir()] == ["Dockerfile"]
