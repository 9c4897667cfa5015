"""The server: starts in some milliseconds, in a thread of this process or in a process of its own."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from pathlib import Path
from types import TracebackType

import uvicorn

from tests.testbed.container import LOOPBACK
from tests.testbed.github.app import ENTERPRISE, application
from tests.testbed.github.control import Control
from tests.testbed.github.rest import Address

SECONDS_TO_START = 10


class GitHubServer(Control):
    """A GitHub of its own while the `with` block runs, with the whole control API; see the package's description.

    `validate` checks each answer against GitHub's published description; switch it off for runs with much load.
    """

    def __init__(
        self, root: Path | None = None, *, port: int = 0, validate: bool = True, seed: int = 1, host: str = LOOPBACK
    ) -> None:
        self._own = tempfile.mkdtemp(prefix="shipline-github-") if root is None else None
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
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
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
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{f'x-access-token:{token}@' if token else ''}{rest}/git/{repo}.git"

    def folder(self, repo: str) -> Path:
        """The bare repository on disk."""
        return self.world.repo(repo).git.folder

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._thread.start()
        waiting = threading.Event()
        for _ in range(SECONDS_TO_START * 200):
            if self._server.started:
                return
            waiting.wait(0.005)
        raise RuntimeError("The stand-in for GitHub did not start.")

    def stop(self) -> None:
        """End it, and remove what it made."""
        self._server.should_exit = True
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
