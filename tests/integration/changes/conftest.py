"""Fixtures of the tests of changes: a world with one app, whose code server is the module's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.github_changes import (
    REPOSITORY,
    World,
    code_server,
    world,
)
from tests.testbed.github import GitHubServer


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One code server for the module; what the app's file says about GitHub makes no difference to its jobs."""
    with code_server(tmp_path_factory.mktemp("code")) as address:
        yield address


@pytest.fixture
def shop(tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[World]:
    """The app, looked at for the first time."""
    with GitHubServer(validate=False) as github:
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.create_branch(REPOSITORY, "development", "main")
        for login, role in {"dora": "write", "eve": "read"}.items():
            github.set_permission(REPOSITORY, login, role)
        monkeypatch.setenv("TEST_GITHUB_TOKEN", github.create_token("dora"))
        more = getattr(request, "param", "")
        with world(tmp_path, github, code, monkeypatch, more) as made:
            assert "first look" in made.look()
            yield made
