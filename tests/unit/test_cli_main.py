"""The command line: words in any order, one sentence for an error, and help that shows how."""

import json
from pathlib import Path

import pytest
import typer

from pipeline_defs.cli.main import command_line, main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a service, with one app."""
    apps = tmp_path / "apps"
    apps.mkdir()
    (apps / "shop.yaml").write_text(
        """
repository: team/shop
image: git.example.org/team/shop
environments:
  staging: {hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {name: shop, user: shop}}
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}
"""
    )
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(apps))
    return tmp_path


@pytest.mark.parametrize(
    "words", [["--json", "check", "shop"], ["check", "--json", "shop"], ["check", "shop", "--json"]]
)
def test_json_is_accepted_anywhere(words: list[str], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["apps"] == [
        {"name": "shop", "image": "git.example.org/team/shop", "environments": ["staging", "production"]}
    ]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["check", "shpo"], 2, "there is no app 'shpo'; did you mean 'shop'? known: shop"),
        (["history", "shop", "prodution"], 2, "shop has no environment 'prodution'; did you mean 'production'?"),
        (["trace", "shop", "1.0.0"], 2, "nothing was recorded yet"),
        (["run", "deploy", "nothing"], 2, "there is no app 'nothing'; known: shop"),
        (["run", "deploy", "shop", "--version", "1.0"], 2, "'1.0' is not a version"),
        (["run", "deploy", "shop", "--version", "1.0.0", "--commit", "abc"], 2, "not both"),
        (["run", "integrate", "shop", "--branch", "a", "--commit", "b"], 2, "give one of"),
        (["deploy", "shop", "staging", "--version", "1.0.0"], 2, "where shop is rehearsed"),
        (["run", "rollback", "shop", "--to", "1.0.0"], 1, "start it with: shipline up"),
        (["env"], 1, "start it with: shipline up"),
        (["history", "shop", "--limit", "0"], 2, "--limit"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
        (["up", "--port", "99999"], 2, "port 99999"),
    ],
)
def test_an_error_is_one_sentence_and_a_status(
    words: list[str], status: int, says: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert says in printed.err
    assert "Traceback" not in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert main([*words, "--json"]) == status
    assert says in json.loads(capsys.readouterr().out)["error"]


def test_status_and_history_of_an_app_that_never_ran_are_empty(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "history", "shop"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["--json", "status"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert [(line["environment"], line["version"], line["last"]) for line in lines] == [
        ("staging", None, None),
        ("production", None, None),
    ]
    assert not (home / "home").exists()


def test_check_names_every_mistake_of_every_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "apps" / "broken.yaml").write_text("repository: a/b\nimage: UPPER\nbuild: {dockerfil: x}\n")
    assert main(["check", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [app["name"] for app in told["apps"]] == ["shop"]
    assert {error["where"] for error in told["errors"]} == {"image", "build.dockerfil", "environments"}
    assert main(["check"]) == 1
    assert "did you mean 'dockerfile'?" in capsys.readouterr().out
    assert main(["check", "shop"]) == 0
    assert main(["status", "broken"]) == 2


def test_an_empty_folder_of_apps_says_where_to_write_one(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "apps" / "shop.yaml").unlink()
    assert main(["check"]) == 2
    assert "there is no app's file in" in capsys.readouterr().err


def test_a_stack_trace_is_shown_only_when_asked_for(home: Path) -> None:
    with pytest.raises(Exception, match="there is no app 'nothing'"):
        main(["check", "nothing", "--debug"])


def test_every_command_shows_an_example_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for path in _commands(typer.main.get_command(command_line())):
        assert main([*path, "--help"]) == 0
        assert "Example: shipline" in capsys.readouterr().out.replace('eval "$(shipline env)"', "shipline env"), path


def _commands(command: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    children = getattr(command, "commands", {})
    return [path] if not children else [p for name, each in children.items() for p in _commands(each, (*path, name))]


def test_the_version_is_told_to_the_option_and_to_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert [main(words) for words in (["--version"], ["version"])] == [0, 0]
    assert len(set(capsys.readouterr().out.split())) == 1


def test_a_mistake_in_the_homes_limits_is_named_with_those_of_the_apps(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "home").mkdir()
    (home / "home" / "limits.yaml").write_text("image: 5 GiB\n")
    assert main(["check"]) == 1
    assert "limits.yaml" in (said := capsys.readouterr().out) and "did you mean 'images'?" in said
    assert main(["check", "shop"]) == 0
