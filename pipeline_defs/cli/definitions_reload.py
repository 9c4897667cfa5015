"""Definitions reload: the process that holds the definitions reads the apps' files and `.env` anew when they have changed and are right.

`python -m pipeline_defs.cli.definitions_reload ADDRESS` does it once; `Reloading` watches for changes and calls that.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping

from pipeline_defs.config import Home, load_apps
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.settings_file import Stamp, stamp_of

_BETWEEN_SECONDS = 30.0
"""Seconds between two readings for what the page shows alone."""

_STILL = 2
"""Looks in a row that see the same files before they are read: an editor may still be writing."""


class Reloading:
    """Looks at the files now and then, and has the definitions read anew when they have changed."""

    def __init__(self, home: Home, address: str, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        """`address`: the code server, `unix:/path` or `host:port`; `environment`: of the program that tells it.

        `say` takes what went wrong, once.
        """
        self._home, self._say = home, say
        self._argv = (sys.executable, "-m", "pipeline_defs.cli.definitions_reload", address)
        self._environment = dict(environment)
        self._loaded = self._seen = self._stamp()
        self._still, self._began = 0, -_BETWEEN_SECONDS
        self._program: subprocess.Popen[str] | None = None

    def check_files(self) -> None:
        """One look; returns at once."""
        if self._program is not None:
            self._end(self._program)
            return
        now = self._stamp()
        self._still = self._still + 1 if now == self._seen else 0
        self._seen = now
        if now != self._loaded and self._still >= _STILL and self._may_begin(now):
            self._loaded, self._began = now, time.monotonic()
            self._program = subprocess.Popen(
                self._argv, cwd=PROJECT, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip

    def _end(self, program: "subprocess.Popen[str]") -> None:
        if program.poll() is None:
            return
        said, _ = program.communicate()
        if program.returncode:
            self._say(f"The definitions stay as they are: {said.strip() or f'exit status {program.returncode}'}")
        self._program = None

    def _may_begin(self, now: frozenset[tuple[str, Stamp]]) -> bool:
        """False where only what the page shows has changed, and the definitions were read a moment ago."""
        names = {name for name, _ in now ^ self._loaded}
        return names != {self._home.shown_versions.name} or time.monotonic() - self._began >= _BETWEEN_SECONDS

    def _stamp(self) -> frozenset[tuple[str, Stamp]]:
        apps = self._home.apps
        files = [*apps.glob("[!.]*.yaml"), *apps.glob("[!.]*.yml"), self._home.settings, self._home.shown_versions]
        return frozenset((file.name, stamp_of(file)) for file in files)


def main(address: str) -> None:
    """Have the definitions read anew. Ends with status 1 and a sentence where a file is wrong, or nobody answers."""
    _, errors = load_apps(Home.find().apps)
    if errors:
        sys.exit("\n".join(map(str, errors)))
    from dagster import DagsterError
    from dagster._grpc.client import DagsterGrpcClient

    from pipeline_defs.runtime.code_server import target_at

    where = target_at(address)
    try:
        DagsterGrpcClient(host=where.host, port=where.port, socket=where.socket).reload_code(timeout=60)
    except DagsterError as error:
        sys.exit(f"the code server does not answer: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    main(sys.argv[1])
