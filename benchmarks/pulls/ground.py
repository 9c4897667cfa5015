"""Ground: a Shipline that watches two apps with pull requests, and the server on which they run in production."""

import base64
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from dagster import DagsterRun, DagsterRunStatus, RunsFilter

from benchmarks.github.stack import SECRET, Stack, running, wait_for
from benchmarks.parts import Failed, Tell, tell
from benchmarks.pulls.app import make_app
from pipeline_defs.config import App, load_app
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.change import Change, Trigger, run_id
from pipeline_defs.release.records import Rehearsal
from pipeline_defs.runtime.run_statuses import UNFINISHED
from tests.support.shop import variables
from tests.testbed import images
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress

APPS = {"blog": "acme/blog", "wiki": "acme/wiki"}
SECONDS = 1800.0
"""How long anything that is waited for may take, on a busy machine."""

_GONE_SECONDS = 240.0
"""How long it may take until what was closed is gone: GitHub is looked at once a minute, and then a run removes it."""

_QUIET_LOOKS = 8
"""Looks, one a second, at an app of which nothing runs, after which nothing follows: the sensors look more often."""

# What people have in production: any container that is another one or was started anew, any other file or release shows.
_PRODUCTION = """
for id in $(docker ps -aq --no-trunc -f label=com.docker.compose.project=$1-production | sort); do
  docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.RestartCount}} {{.State.Running}}' "$id"; done
docker volume inspect -f '{{.Name}} {{.CreatedAt}}' "$1-production_db-data"
docker exec "$(docker ps -q -f label=com.docker.compose.project=$1-production -f label=com.docker.compose.service=db)" \\
  sh -c 'cat /data/*'
readlink /opt/$1/production/current
"""
_LEFT = """
ls -d /opt/*/staging-pull-* 2>/dev/null || :
docker ps -a --format '{{.Names}}'; docker volume ls --format '{{.Name}}'; docker network ls --format '{{.Name}}'
"""
_ASK = """
docker exec shipline-router wget -S -O - --header "Host: $1" ${2:+--header "Authorization: Basic $2"} http://127.0.0.1:80/health 2>&1 || :
"""
_ADDRESS = """
docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}:8000{{end}}' \\
  "$(docker ps -q -f label=com.docker.compose.project=$1-production -f label=com.docker.compose.service=web)"
"""
_WRITE = """
docker exec "$(docker ps -q -f label=com.docker.compose.project=$1-production -f label=com.docker.compose.service=db)" \\
  sh -c 'seq 500 >/data/rows'
"""


@dataclass
class Ground:
    """The running Shipline, and its bed."""

    stack: Stack
    bed: TestBed
    apps: Mapping[str, App]
    tell: Tell
    production: dict[str, str] = field(default_factory=dict)

    def on_server(self, program: str, *words: str) -> str:
        """What a shell program prints on the server."""
        return self.bed.servers[0].exec("sh", "-c", program, "look", *words)

    def runs(self, app: str, **tags: str) -> list[DagsterRun]:
        """The runs of an app with these tags, newest first."""
        return list(self.stack.instance.get_runs(RunsFilter(tags={"app": app, **tags})))

    def unfinished(self, app: str) -> list[DagsterRun]:
        """The runs of an app that are not over."""
        return list(self.stack.instance.get_runs(RunsFilter(tags={"app": app}, statuses=list(UNFINISHED))))

    def rehearsals(self, app: str, pull: int) -> list[Rehearsal]:
        """What is recorded of the rehearsals of a pull request, newest first."""
        return Lineage(self.stack.instance).pull_rehearsals(self.apps[app], pull)

    def touched(self) -> int:
        """How many apps have another production than they had in the beginning, or since this was asked last."""
        return sum(self._touched(app) for app in self.apps)

    def left(self) -> list[str]:
        """What is on the server of the rehearsals of pull requests."""
        return [line for line in self.on_server(_LEFT).split() if "-pull-" in line]

    def settle_leftovers(self) -> list[str]:
        """The same, once nothing more of it goes away by itself."""
        end = time.monotonic() + _GONE_SECONDS
        while (found := self.left()) and time.monotonic() < end:
            time.sleep(2)
        return found

    def answer(self, address: str, password: str = "") -> str:
        """What the router answers to somebody who asks for a preview."""
        host = address.split("//")[-1].strip("/").partition(":")[0]
        pair = base64.b64encode(f"preview:{password}".encode()).decode() if password else ""
        return self.on_server(_ASK, host, pair)

    def address(self, app: str) -> str:
        """Where an app answers in production, inside of the server."""
        return self.on_server(_ADDRESS, app).strip()

    def rest(self, app: str) -> None:
        """Wait until no run of an app goes on, and none follows. Raises Failed."""
        quiet = 0

        def rests() -> bool:
            nonlocal quiet
            quiet = 0 if self.unfinished(app) else quiet + 1
            return quiet > _QUIET_LOOKS

        wait_for(rests, SECONDS, f"runs of {app} do not come to their end", 1)

    def _touched(self, app: str) -> bool:
        before, now = self.production.get(app), self.on_server(_PRODUCTION, app)
        self.production[app] = now
        if before is None or before == now:
            return False
        self.tell(f"production of {app} was\n{before}\nand is\n{now}")
        return True


@contextmanager
def ground() -> Iterator[Ground]:
    """Two apps, each with a release and 500 rows in production; removed after the block."""
    remove_orphans("pulls-")
    progress = Progress(tell)
    images.ensure_busybox(progress)
    with ExitStack() as opened:
        bed = opened.enter_context(
            TestBed(
                f"pulls-{os.getpid()}",
                preload=(images.BUSYBOX.name, images.CADDY.name),
                progress=progress,
                in_memory=True,
            )
        )
        stack = opened.enter_context(running(APPS, bed=bed, make=make_app))
        with variables(bed.environment()):
            apps = {name: load_app(stack.home.root.parent / "apps" / f"{name}.yaml") for name in APPS}
        made = Ground(stack, bed, apps, tell)
        for repository in APPS.values():
            events = ["push", "pull_request", "issue_comment"]
            stack.github.create_hook(repository, stack.address, SECRET, events)
        with progress.step("production"):
            _deploy(made)
        yield made


def _deploy(ground: Ground) -> None:
    """Bring a release of each app to production."""
    heads = {
        name: ground.stack.github.commit(repository, {"changes-0": "deployed\n"}, "main", by="dora")
        for name, repository in APPS.items()
    }
    for name, head in heads.items():
        run = run_id(Change(app=name, trigger=Trigger.MERGE, commit=head, branch="main").key)
        wait_for(partial(_succeeded, ground, run), SECONDS, f"{name} is not deployed", 1)
        ground.on_server(_WRITE, name)
    for name in APPS:
        ground.rest(name)
    ground.touched()


def _succeeded(ground: Ground, run: str) -> bool:
    found = ground.stack.instance.get_run_by_id(run)
    if found is not None and found.status is DagsterRunStatus.FAILURE:
        raise Failed(f"run {run}, the deployment that all begins with, failed")
    return found is not None and found.status is DagsterRunStatus.SUCCESS
