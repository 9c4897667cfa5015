"""Supervisor: one `shipline up`, from start to end."""

import compileall
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import psutil
from rich.text import Text

from pipeline_defs.cli.child_process import STOP_SECONDS, Child, beside_child, dagster_children, descendants, end
from pipeline_defs.cli.cli_output import Failed, Output, exception_line, last_line
from pipeline_defs.cli.definitions_reload import Reloading
from pipeline_defs.cli.graphql_client import Client, NotRunning
from pipeline_defs.cli.leftover_processes import end_leftovers
from pipeline_defs.cli.local_ports import answers, free_port, wanted_port
from pipeline_defs.cli.running_service import Service
from pipeline_defs.cli.serve_code_socket import new_socket, remove_folder
from pipeline_defs.cli.service_logs import fresh_logs, logs_folder
from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.web_token import new_token, with_token

RUNS_SECONDS = 180.0  # what runs get to undo what is not final
_READY_SECONDS = 120.0
_PORT = 3000


class Supervisor:
    """Starts Dagster's processes, tells where they are, keeps them alive, ends them."""

    def __init__(self, home: Home, output: Output, port: int | None, beside: Mapping[str, int]) -> None:
        """`port` is the web server's; without one it is 3000 or a free one. `beside`: the commands that run too, with their ports.

        Raises UsageError when one of them cannot be had.
        """
        self._home, self._output = home, output
        self._stop, self._hurry = threading.Event(), threading.Event()
        chosen = free_port(_PORT) if port is None else wanted_port(port)
        ports = {name: wanted_port(at) for name, at in beside.items()}
        self._socket = new_socket()
        self._service = Service(f"http://127.0.0.1:{chosen}", chosen, f"unix:{self._socket}")
        self._token = new_token(home.token)
        self._client = Client(self._service.url, self._token)
        self._environment = os.environ | variables(home, self._service.code)
        self._children: dict[str, Child] = dagster_children(fresh_logs(home), port=chosen, code=self._socket)
        self._beside = {name: beside_child(name, logs_folder(home), at) for name, at in ports.items()}
        self._children |= self._beside

    def run(self) -> None:
        """The whole of it. Returns after SIGINT, SIGTERM or SIGHUP; raises Failed when it cannot be started."""
        # Handlers of our own, set before any child starts: a child that inherits an ignored SIGINT, as from `shipline up &`
        # in a script, would ignore SIGTERM too, because Dagster copies the one's handler to the other.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        if end_leftovers(self._home):
            self._output.say("Ended what a killed Shipline had left behind.")
        try:
            self._start()
            self._watch()
        finally:
            self._end()

    def _on_signal(self, *_: Any) -> None:
        """The first signal ends everything in order, a second one at once."""
        (self._hurry if self._stop.is_set() else self._stop).set()

    def _start(self) -> None:
        """Start one after the other, each as soon as what it needs is there; then say where it is."""
        self._service.record("up", psutil.Process())
        self._service.write(self._home.service)
        # Where PYTHONDONTWRITEBYTECODE is set, as in many images, each run's process would compile all of it anew.
        compileall.compile_dir(PROJECT / "pipeline_defs", quiet=2)
        self._prepare_instance()
        self._start_child("code")
        self._wait_until(lambda: answers(self._socket))
        self._start_child("webserver")
        self._start_child("daemon")
        for name in self._beside:
            self._start_child(name)
        self._wait_until(self._definitions_are_loaded)
        if self._stop.is_set():
            return
        self._service.ready = True
        self._service.write(self._home.service)
        page = with_token(self._service.url, self._token)
        self._output.result(
            running_variables(self._service, self._home),
            Text.assemble(("✓ ", "green"), "Shipline runs at ", (page, "bold"), "  (Ctrl-C ends it)"),
        )

    def _prepare_instance(self) -> None:
        """Let one process make the storage ready and close dead runs, before several open it."""
        command = [sys.executable, "-m", "pipeline_defs.runtime.startup"]
        done = subprocess.run(command, cwd=PROJECT, env=self._environment, capture_output=True, text=True)
        if done.returncode:
            said = last_line(done.stderr)
            raise Failed(f"Dagster's storage in {self._home.root} cannot be opened: {said}")
        if done.stdout.strip():
            self._output.say(done.stdout.strip())

    def _start_child(self, name: str) -> None:
        if self._stop.is_set():
            return
        self._service.record(name, self._children[name].start(self._environment))
        self._service.write(self._home.service)

    def _wait_until(self, is_there: Callable[[], bool]) -> None:
        """Wait, as long as everything that was started lives and nobody says stop."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self._stop.is_set() and not is_there():
            for child in self._children.values():
                death = child.death()
                if death:
                    raise Failed(f"the {child.name} process {death}: {child.last_words()} (see {child.log})")
            if time.monotonic() > deadline:
                raise Failed(f"Shipline was not ready within {_READY_SECONDS:.0f} s; see {logs_folder(self._home)}")
            self._stop.wait(0.1)

    def _definitions_are_loaded(self) -> bool:
        if not self._children["webserver"].listens(self._service.webserver_port):
            return False  # whoever answers there is another Shipline's
        try:
            error = self._client.load_error()
        except NotRunning:
            return False
        if error:
            why = exception_line(error) or error.splitlines()[0]  # a syntax error begins with its source
            raise Failed(f"the definitions cannot be loaded: {why} (see {self._children['code'].log})")
        return error is None

    def _watch(self) -> None:
        """Start again what dies, and have changed files read anew, until told to stop."""
        files = Reloading(self._home, self._service.code, self._environment, self._output.say)
        while not self._stop.wait(1.0):
            files.check_files()
            for child in self._children.values():
                death = child.death()
                if death:
                    self._revive(child, death)

    def _revive(self, child: Child, death: str) -> None:
        pause = child.pause()
        again = f"The {child.name} process {death}; it is started again in {pause:.0f} s. Its log: {child.log}"
        self._output.say(("! ", "yellow"), again)
        if self._stop.wait(pause):
            return
        if child.needs_inner:
            self._prepare_instance()  # the code server watches the runs' processes; some may have died with it
        self._start_child(child.name)

    def _end(self) -> None:
        """The daemon first, so that nothing new begins; then the runs; then the rest."""
        self._stop.set()
        self._end_children(*self._beside, "daemon")
        self._end_runs()
        self._end_children("webserver", "code")
        remove_folder(self._service.code)
        self._home.service.unlink(missing_ok=True)
        self._home.token.unlink(missing_ok=True)

    def _end_children(self, *names: str) -> None:
        processes = [process for name in names if (process := self._process(name)) is not None]
        seconds = 1.0 if self._hurry.is_set() else STOP_SECONDS
        started = [each for process in processes for each in descendants(process)]
        end(processes, seconds=seconds)
        psutil.wait_procs(started, timeout=seconds)  # what runs are forked from ends by itself, a moment later

    def _process(self, name: str) -> psutil.Popen | None:
        return self._children[name].process if name in self._children else None

    def _end_runs(self) -> None:
        """Ask every run that goes on to stop, and wait until it has undone what is not final."""
        deadline = time.monotonic() + RUNS_SECONDS
        told: set[str] = set()
        try:
            while (
                not self._hurry.is_set()
                and time.monotonic() < deadline
                and (active := dict(self._client.active_runs()))
            ):
                new = active.keys() - told
                if new:
                    self._client.terminate(new)
                    told |= new
                    jobs = ", ".join(sorted(active[run] for run in new))
                    self._output.say(f"Stopping {jobs}; what is not final is undone first. Ctrl-C again kills at once.")
                self._hurry.wait(0.5)
        except Failed:
            return  # no web server to ask: it was never ready, or is dead


def running_variables(service: Service, home: Home) -> dict[str, str]:
    """What `shipline up` says of itself as JSON: `url` for links, `page` with the token that logs a browser in."""
    page = with_token(service.url, service.token(home))
    return {"url": service.url, "page": page, "home": str(home.root), "code": service.code}


def variables(home: Home, code: str) -> dict[str, str]:
    """What Dagster's programs need in their environment to work for this home, whose code server is at `code`, `unix:/path`."""
    return {
        "SHIPLINE_HOME": str(home.root),
        "DAGSTER_HOME": str(home.root),
        "SHIPLINE_CODE_SOCKET": code.removeprefix("unix:"),
        # With telemetry off in dagster.yaml the web server still sends away what lies in its home's folder `logs`.
        "DAGSTER_DISABLE_TELEMETRY": "1",
        # The start of a run is given up after 180 s (dagster.yaml), and not after the 60 s that a question may take by default: on a
        # machine that is very busy a deployment would fail that had not begun.
        "DAGSTER_GRPC_TIMEOUT_SECONDS": "170",
    }
