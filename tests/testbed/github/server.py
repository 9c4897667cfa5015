"""The server: starts in some milliseconds, in a thread of this process or in a process of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType

import psutil
import uvicorn

from tests.testbed.container import LOOPBACK
from tests.testbed.github.app import ENTERPRISE, application
from tests.testbed.github.control import Control
from tests.testbed.github.rest import Address, git_url

SECONDS_TO_START = 10
PREFIX = "shipline-github-"
MEMORY = Path("/dev/shm")
ENOUGH = 512 * 2**20


class _Server(uvicorn.Server):
    """uvicorn looks ten times a second whether it is to end; this one is told, so that a test costs less."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()
        self.ready = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ready = True
        await self._ended.wait()

    def end(self) -> None:
        """End it, without waiting for clients that keep their connections."""
        self.should_exit = self.force_exit = True
        if self._loop:
            self._loop.call_soon_threadsafe(self._ended.set)


class GitHubServer(Control):
    """A GitHub of its own while the `with` block runs, with the whole control API; see the package's description.

    `validate` checks each answer against GitHub's published description; switch it off for runs with much load.
    """

    def __init__(
        self, root: Path | None = None, *, port: int = 0, validate: bool = True, seed: int = 1, host: str = LOOPBACK
    ) -> None:
        self._own = _own_folder() if root is None else None
        folder = Path(self._own) if self._own else Path(str(root))
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder, validate, seed)
        self._socket = socket.create_server((host, port))
        self.port: int = self._socket.getsockname()[1]
        self.world.at = Address(f"http://{host}:{self.port}")
        config = uvicorn.Config(
            application(self),
            log_level="critical",
            lifespan="off",
            access_log=False,
            server_header=False,
            date_header=False,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """The base of the API, as github.com's `https://api.github.com`."""
        return self.world.at.web

    @property
    def enterprise_url(self) -> str:
        """The same API as on a GitHub Enterprise server."""
        return f"{self.url}{ENTERPRISE}"

    def git_url(self, repo: str, token: str | None = None) -> str:
        """The address to clone a repository from, with a token as the password."""
        return git_url(self.url, repo, token)

    def folder(self, repo: str) -> Path:
        """The bare repository on disk."""
        return self.world.repo(repo).git.folder

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._thread.start()
        waiting = threading.Event()
        for _ in range(SECONDS_TO_START * 200):
            if self._server.started and self._server.ready:
                return
            waiting.wait(0.005)
        raise RuntimeError("The stand-in for GitHub did not start.")

    def stop(self) -> None:
        """End it, and remove what it made."""
        self._server.end()
        self._thread.join(SECONDS_TO_START)
        self._socket.close()
        self.world.close()
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)

    def __enter__(self) -> GitHubServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _own_folder() -> str:
    """A folder in memory where there is some, as a commit is several small files; those of killed processes are removed."""
    place = Path(tempfile.gettempdir())
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        place = MEMORY
    for left in place.glob(f"{PREFIX}[0-9]*-*"):
        if not psutil.pid_exists(int(left.name.removeprefix(PREFIX).partition("-")[0])):
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=place)
