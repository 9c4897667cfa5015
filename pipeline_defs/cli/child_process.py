"""Child process: one of the processes that Shipline consists of while it runs."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from pipeline_defs.cli.cli_output import exception_line, last_line, plain
from pipeline_defs.config.home import PROJECT

STOP_SECONDS = 20.0
"""What a process gets to end by itself."""

CODE_SERVER = (
    "code-server", "start", "-m", "pipeline_defs.definitions", "--location-name", "shipline",
    "--use-python-environment-entry-point",
)  # fmt: skip
"""Dagster's command that starts it, without where it listens."""

_LONGEST_PAUSE = 30.0  # seconds between two starts of a process that keeps dying
_INNER_SECONDS = 60.0  # until the code server has started the process that holds the definitions, on a busy machine
_HEALTHY_AFTER = 60.0  # seconds after which an earlier death is forgotten


@dataclass
class Child:
    """One of the processes, and how often it died lately.

    `needs_inner`: it is of no use once the process that it started itself is gone. Without a log it says what it says where this
    process does.
    """

    name: str
    argv: Sequence[str]
    log: Path | None
    needs_inner: bool = False
    process: psutil.Popen | None = field(default=None, init=False)
    _deaths: int = field(default=0, init=False)
    _born: float = field(default=0.0, init=False)
    _inner: psutil.Process | None = field(default=None, init=False)

    def start(self, environment: Mapping[str, str]) -> psutil.Process:
        """Start it in a session of its own: Ctrl-C in a terminal is for the supervisor alone."""
        with self.log.open("ab") if self.log else nullcontext() as log:
            self.process = psutil.Popen(
                self.argv, cwd=PROJECT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._born, self._inner = time.monotonic(), None
        return psutil.Process(self.process.pid)

    def death(self) -> str | None:
        """How it ended, None while it lives."""
        if self.process is None:
            return None
        status = self.process.poll()
        if status is not None:
            return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        if self.needs_inner and self._lost_inner():
            self.process.kill()
            self.process.wait()
            return "lost the process that holds the definitions"
        return None

    def listens(self, port: int) -> bool:
        """True when it is this very process that listens there: the port may have become another Shipline's meanwhile.

        Whose a socket is only root sees of a process that keeps its secrets to itself. Then it is enough that the process lives,
        and that nobody else is known to listen there: without its port it would end.
        """
        if self.process is None:
            return False
        try:
            own = [each.laddr for each in self.process.net_connections("inet") if each.status == psutil.CONN_LISTEN]
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            every = [each for each in psutil.net_connections("inet") if each.status == psutil.CONN_LISTEN]
            own = [each.laddr for each in every if each.pid is None and self.process.poll() is None]
        return any(each.port == port for each in own)

    def pause(self) -> float:
        """Seconds to wait before it is started again: 1, 2, 4, … for a process that keeps dying."""
        self._deaths = 1 if time.monotonic() - self._born > _HEALTHY_AFTER else self._deaths + 1
        return min(2.0 ** (self._deaths - 1), _LONGEST_PAUSE)

    def last_words(self) -> str:
        """Why it ended, as its log says: the exception, else the last line."""
        text = plain(self.log.read_text(errors="replace")) if self.log else ""
        return exception_line(text) or last_line(text)

    def _lost_inner(self) -> bool:
        """True when the process it started is gone, or was never there in a time in which it must have come."""
        assert self.process is not None
        if self._inner is not None and _lives(
            self._inner
        ):  # to look for it takes a look at every process of the machine
            return False
        try:
            inner = next(filter(_holds_definitions, self.process.children()), None)
        except psutil.NoSuchProcess:
            return False
        expected = self._inner is not None or time.monotonic() - self._born > _INNER_SECONDS
        self._inner = inner or self._inner
        return expected and inner is None


def _lives(process: psutil.Process) -> bool:
    """True for the same process that still runs, and is no zombie."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _holds_definitions(process: psutil.Process) -> bool:
    """True for `dagster api grpc`. A code server that starts has other children for a moment, such as Python's own `uname -p`."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and {"api", "grpc"} <= set(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def dagster_children(logs: Path, *, port: int, code: Path) -> dict[str, Child]:
    """The processes, by name. `port`: the web server's; `code`: the folder for the code server's socket."""
    workspace = ("-w", str(PROJECT / "workspace.yaml"))
    webserver = ("-m", "pipeline_defs.runtime.web", "--port", str(port))
    daemon = ("-m", "pipeline_defs.runtime.program_log", "dagster._daemon", "run", *workspace)
    return {
        "code": code_child(logs / "code.log", "-m", "pipeline_defs.cli.serve_code_socket", str(code)),
        "webserver": Child("webserver", (sys.executable, *webserver), logs / "webserver.log"),
        "daemon": Child("daemon", (sys.executable, *daemon), logs / "daemon.log"),
    }


def code_child(log: Path | None, *words: str) -> Child:
    """The code server, which holds the definitions; `words` start it in a Python.

    `dagster code-server start` is a small proxy before the process that holds the definitions, so that "Reload definitions" in the UI
    reads the apps' files anew while runs that began before go on (the plain `dagster api grpc` never reads anew). The
    proxy does not notice the death of what it stands before; who watches over it does.
    """
    return Child("code", (sys.executable, *words), log, needs_inner=True)


def beside_child(name: str, logs: Path, port: int) -> Child:
    """A command that runs beside, `webhooks` or `observe`, for this machine alone: what faces the world is the web server before it."""
    argv = (sys.executable, "-m", "pipeline_defs.cli.main", name, "--port", str(port))
    return Child(name, argv, logs / f"{name}.log")


def end(processes: Iterable[psutil.Process], *, seconds: float, kill: bool = True) -> list[psutil.Process]:
    """Ask processes to end, wait for at most so long, kill those that did not (with all they started). Gives those that live on."""
    asked = [process for process in processes if _signal(process, psutil.Process.terminate)]
    _, remaining = psutil.wait_procs(asked, timeout=seconds)
    if not kill:
        return list(remaining)
    for process in remaining:
        for each in (*descendants(process), process):
            _signal(each, psutil.Process.kill)
    _, remaining = psutil.wait_procs(remaining, timeout=5)
    return list(remaining)


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """All that a process has started, and what these have started; none where it is gone."""
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, how: Callable[[psutil.Process], None]) -> bool:
    try:
        how(process)
    except psutil.NoSuchProcess:
        return False
    return True
