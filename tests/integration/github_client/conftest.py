"""A GitHub with one repository, opened with a token."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline_defs.github.api import Repository, open_repository
from tests.integration.github_client.account import ALL, REPO, TOKEN, app_of
from tests.testbed.github import GitHubServer


@pytest.fixture
def server(github: GitHubServer) -> GitHubServer:
    """A GitHub with the repository acme/shop and ada, who writes to it."""
    github.create_repository(REPO, files={"version.txt": "1.0.0\n"})
    github.set_permission(REPO, "ada", "write")
    return github


@pytest.fixture
def opened(server: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Repository]:
    """Opens the repository with a token that has these permissions."""

    def with_permissions(permissions: dict[str, str] | None = None, api: str = "") -> Repository:
        monkeypatch.setenv(TOKEN, server.create_token("ada", ALL if permissions is None else permissions))
        return open_repository(app_of(server, api=api))

    return with_permissions


@pytest.fixture
def repository(opened: Callable[..., Repository]) -> Repository:
    """The repository with a token that may do everything Shipline does."""
    return opened()


@pytest.fixture
def command_lines() -> Iterator[set[bytes]]:
    """Everything that any program of this machine has on its command line while the test runs."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_bytes())
                except OSError:
                    continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield seen
    over.set()
    watcher.join()
