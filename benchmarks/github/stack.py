"""Stack: a Shipline of its own, as `shipline up` starts it, and the stand-in for GitHub that it watches."""

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import requests
from dagster import DagsterInstance
from dagster._core.scheduler.instigation import TickStatus

from benchmarks.github.app import APP, REPOSITORY, make_app
from benchmarks.parts import Failed
from examples.demo.shipline import Shipline
from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.local_ports import free_port
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import Home
from pipeline_defs.github.webhooks.inbox import Inbox
from pipeline_defs.release.change import Change, Trigger, run_id
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer
from tests.testbed.github.deliveries import signature

ONE_APP = {APP: REPOSITORY}
SECRET = "It's a Secret to Everybody"
"""The webhook's secret; GitHub's documentation has an example with this one."""

_Found = TypeVar("_Found")


@dataclass
class Stack:
    """The running Shipline, with what a person on its machine, and GitHub, can do to it."""

    home: Home
    github: GitHubServer
    instance: DagsterInstance
    session: requests.Session
    inbox: Inbox
    """The deliveries that were accepted."""
    port: int | None
    """Where it receives deliveries, None where it does not."""

    @property
    def address(self) -> str:
        """Where GitHub delivers to."""
        return f"http://127.0.0.1:{self.port}/"

    def post(self, body: bytes, event: str, signed: str | None = None) -> int:
        """Deliver a body, rightly signed unless a signature is given; the status of the answer."""
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": event,
            "X-Hub-Signature-256": signature(SECRET, body) if signed is None else signed,
        }
        return self.session.post(self.address, data=body, headers=headers, timeout=30).status_code

    def kill(self, name: str) -> bool:
        """SIGKILL for one of its processes (`daemon`, `webhooks`, …), which is started again; False while there is none."""
        service = Service.read(self.home.service)
        process = service.process(name) if service else None
        if process is None:
            return False
        process.kill()
        return True

    def looks_again(self) -> None:
        """Wait until the sensor has looked at GitHub once more, from the beginning to the end."""
        now = time.time()
        wait_for(lambda: self._has_looked_since(now), 60, "the sensor github does not look any more")

    def _has_looked_since(self, when: float) -> bool:
        states = [each for each in self.instance.all_instigator_state() if each.instigator_name == "github"]
        ticks = [
            tick
            for state in states
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=2)
        ]
        return any(tick.timestamp > when and tick.status is not TickStatus.STARTED for tick in ticks)


def run_of(commit: str, branch: str = "development") -> str:
    """The id of the run that answers the move of a branch to a commit."""
    return run_id(Change(app=APP, trigger=Trigger.MERGE, commit=commit, branch=branch).key)


def wait_for(look: Callable[[], _Found | None], seconds: float, otherwise: str, every: float = 0.05) -> _Found:
    """What `look` gives as soon as it gives something. Raises Failed with this sentence when it does not within so long."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise} (waited {seconds:.0f} s)")
        time.sleep(every)
    return found


@contextmanager
def running(
    apps: Mapping[str, str] = ONE_APP,
    *,
    webhooks: bool = True,
    bed: TestBed | None = None,
    make: Callable[[Path, GitHubServer, str, str, TestBed | None], None] = make_app,
) -> Iterator[Stack]:
    """A Shipline with these apps, {name: owner/name on GitHub}, after its first look; ended and removed after the block.

    `make` makes the repository and the file of each. Without a `bed` to deploy to each run fails at its first stage.
    """
    with ExitStack() as opened:
        root = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="shipline-proof-")))
        github = opened.enter_context(GitHubServer(root / "hub", validate=False))
        (root / "apps").mkdir()
        (root / "token").write_text(github.create_token("shipline"))
        (root / "secret").write_text(SECRET)
        for name, repository in apps.items():
            make(root, github, name, repository, bed)
        port = free_port() if webhooks else None
        home = Home(root / "home")
        on_bed = bed.environment() if bed else {}
        variables = on_bed | {"SHIPLINE_APPS": str(root / "apps"), "SHIPLINE_WEBHOOKS": str(port or "")}
        shipline = Shipline(home, variables, Output())
        opened.callback(shipline.end_leftovers)
        opened.callback(shipline.down)
        shipline.up(free_port())
        for name in apps:
            shipline.wait_for_first_look(name, "github")
        instance = opened.enter_context(DagsterInstance.from_config(str(home.root)))
        home.deliveries.mkdir(
            mode=0o700, exist_ok=True
        )  # made by the process that receives, which is not there without webhooks
        inbox = opened.enter_context(closing(Inbox(home.deliveries / "deliveries.db")))
        yield Stack(home, github, instance, opened.enter_context(requests.Session()), inbox, port)
