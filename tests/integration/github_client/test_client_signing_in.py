"""Signing in as a GitHub App, and where the token goes."""

import json
import time
from pathlib import Path

import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.config import Secret
from pipeline_defs.github.api import GitHubError, GitHubRefused, Repository, open_repository
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.resources.source_errors import SourceError
from tests.integration.github_client.account import ALL, REPO, TOKEN, app_of, pull_of
from tests.testbed.github import GitHubServer


def test_a_github_app_signs_in_and_renews_its_token(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = server.create_app("shipline", "acme", {**ALL, "statuses": "read"})
    key = tmp_path / "key.pem"
    key.write_text(made["private_key"])
    app = app_of(server, app={"id": made["id"], "key": {"file": str(key)}})
    repository = open_repository(app)
    assert repository is open_repository(app)
    assert repository.head("main") == server.head(REPO, "main")
    number = pull_of(server)
    repository.ensure_comment(number, "shipline:shop", "tested")
    repository.ensure_comment(number, "shipline:shop", "tested again")
    assert [one["user"]["login"] for one in server.comments(REPO, number)] == ["shipline[bot]"]
    assert repository.permissions_missing(["contents: write", "statuses: write", "statuses: read"]) == [
        "statuses: write"
    ]
    first = repository.token().reveal()
    assert repository.token().reveal() == first
    later = time.monotonic() + 3600 - 600
    monkeypatch.setattr("pipeline_defs.github.api.github_login.time.monotonic", lambda: later)
    assert repository.token().reveal() != first
    assert first not in repr(repository)


def test_an_app_that_is_not_installed_or_has_no_key(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    made = server.create_app("shipline", "somebody", ALL)
    monkeypatch.setenv("SHOP_TEST_KEY", made["private_key"])
    access = {"id": made["id"], "key": {"env": "SHOP_TEST_KEY"}}
    with pytest.raises(GitHubRefused, match="is not installed on acme/shop"):
        open_repository(app_of(server, app=access)).head("main")
    monkeypatch.setenv("SHOP_TEST_KEY", "-----BEGIN s3cr3t")
    with pytest.raises(GitHubError, match="no RSA private key in PEM form") as caught:
        open_repository(app_of(server, app=access))
    assert "s3cr3t" not in str(caught.value)
    monkeypatch.delenv("SHOP_TEST_KEY")
    with pytest.raises(GitHubError, match="SHOP_TEST_KEY is not set"):
        open_repository(app_of(server, app=access))


def test_git_fetches_with_the_token_and_shows_it_nowhere(
    server: GitHubServer, repository: Repository, tmp_path: Path, command_lines: set[bytes]
) -> None:
    source = source_of(app_of(server), tmp_path)
    server.fail("slow", path="/git/", seconds=0.3, times=None)
    head = source.resolve("main")
    assert head == server.head(REPO, "main")
    with source.checkout(head) as files:
        assert (files / "version.txt").read_text() == "1.0.0\n"
    token = repository.token().reveal()
    assert any(b"ls-remote" in line for line in command_lines)
    forms = [form.encode() for form in Secret(token).encodings()]
    assert not [line for line in command_lines if any(form in line for form in forms)]
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and token.encode() in file.read_bytes()]


def test_a_token_is_given_to_no_other_host(
    server: GitHubServer, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GitHubServer() as other:
        other.create_repository(REPO, files={"a": "b"})
        app = app_of(server).model_copy(update={"repository": other.git_url(REPO)})
        with pytest.raises(SourceError, match="cannot be read"):
            source_of(app, tmp_path).heads(["main"])
        assert source_of(app, tmp_path)._git.login is None


def test_check_names_what_is_missing(
    server: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apps = tmp_path / "apps"
    apps.mkdir()
    app = app_of(server).model_copy(update={"image": "ghcr.io/team/shop"})
    (apps / "shop.yaml").write_text(app.model_dump_json(exclude={"name"}, exclude_unset=True))
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(apps))
    monkeypatch.setenv(TOKEN, server.create_token("ada", {**ALL, "statuses": "read"}))
    assert main(["check", "--json"]) == 1
    (entry,) = json.loads(capsys.readouterr().out)["github"]
    assert (entry["app"], entry["repository"], entry["ok"], entry["error"]) == ("shop", REPO, False, None)
    assert [missing["permission"] for missing in entry["missing"]] == ["statuses: write"]
    assert main(["check"]) == 1
    assert (
        "the permission statuses: write is missing, report.statuses: a status for every stage"
        in capsys.readouterr().out
    )
    assert main(["check", "--offline"]) == 0
    monkeypatch.setenv(TOKEN, server.create_token("ada", ALL))
    server.commit(
        REPO, {"production.yml": "services: {web: {image: shop, build: .}}\n"}, by="ada"
    )  # it is rendered, too
    assert main(["check"]) == 0
    assert "all permissions are there" in capsys.readouterr().out
    server.fail("before", times=None)
    assert main(["check"]) == 1
    assert "is out of order" in capsys.readouterr().out
