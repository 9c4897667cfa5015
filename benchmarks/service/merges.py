"""Merges: many apps merge at the same time; what becomes of each change, and what a second machine brings, is counted.

A run of these apps waits for a while and ends: what is measured is how runs are found, queued, handed over and followed, on two cores that
builds would keep busy by themselves.
"""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.github.figures import percentile
from benchmarks.parts import Failed, Tell
from benchmarks.service.account import RUNS, Outcome, account
from benchmarks.service.figures import Figures
from benchmarks.service.ground import Ground
from benchmarks.service.soak import memory
from tests.support.second_machine import address, second_machine
from tests.support.service import RunningService, service
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer
from tests.testbed.waiting import holds_within

STANDSTILL_SECONDS = 300.0
"""When nothing changes for so long, nothing will."""

APP = """
repository: {url}
image: 127.0.0.1:9/team/{name}
lint: ["sh", "-c", "sleep {seconds}; exit 3"]
test: null
github: {{repository: {repository}, api: {api}, token: {{file: /run/secrets/github}}, report: false, pulls: trusted}}
environments:
  production: {{hosts: a.example.org, directory: /opt/{name}, compose: production.yml}}
"""


@dataclass(frozen=True)
class Plan:
    """What is done: so many merges of each app within `seconds`; a run waits for `work` seconds, and a machine has `room` for some."""

    apps: int = 50
    merges: int = 4
    seconds: float = 60.0
    work: int = 20
    room: int = 3

    @property
    def names(self) -> list[str]:
        return [f"app{number}" for number in range(self.apps)]


def measure(bed: TestBed, tell: Tell, plan: Plan = Plan()) -> Figures:
    """The same merges with one worker and with two, on two machines; raises Failed where Shipline does not begin to look."""
    figures: Figures = {"changes": plan.apps * plan.merges, "unaccounted": 0, "doubled": 0}
    rates = []
    for workers, name in ((1, "one_worker"), (2, "two_workers")):
        found = _round(bed, tell, plan, workers)
        ended = ", ".join(f"{count} {how}" for how, count in sorted(found.ended.items()))
        tell(
            f"{name}: {ended}; {found.per_minute:.1f} runs a minute; unaccounted: {', '.join(found.unaccounted) or 'none'}"
        )
        figures["unaccounted"] += len(found.unaccounted)
        figures["doubled"] += len(found.doubled)
        rates.append(found.per_minute)
        figures[f"runs_per_minute_{name}"] = round(found.per_minute, 2)
        for percent in (50, 95):
            figures[f"queue_p{percent}_s_{name}"] = percentile(found.waited, percent)
    return figures | {"two_over_one": round(rates[1] / rates[0], 2)}


def _round(bed: TestBed, tell: Tell, plan: Plan, workers: int) -> Outcome:
    with _running(bed, plan, workers) as (running, github):
        tell(f"{workers} worker(s): {plan.apps} apps are looked at; the merges begin")
        heads = _merge_all(github, plan)
        tell(f"{len(heads)} merges are made")
        found, most = _wait_for_ends(Ground(running, github), heads, tell)
        used = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in sorted(most.items()))
        tell(f"the most memory with {workers} worker(s), MB: {used}")
    return found


@contextmanager
def _running(bed: TestBed, plan: Plan, workers: int) -> Iterator[tuple[RunningService, GitHubServer]]:
    """A service with its workers, that has had its first look at each app's repository."""
    room = str(plan.room)
    settings = {"SHIPLINE_WORKERS": str(workers), "SHIPLINE_WORKERS_LISTEN": address(bed), "SHIPLINE_RUNS_HERE": room}
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="shipline-merges-")))
        github = opened.enter_context(GitHubServer(folder, host=address(bed), validate=False))
        running = opened.enter_context(service(bed, "prove-service", SHIPLINE_WORKER="first", **settings))
        token = running.folder / "secrets" / "github"
        token.write_text(github.create_token("shipline"))
        token.chmod(0o644)
        for name in plan.names:
            _make_app(running.home, github, name, plan.work)
        if not holds_within(120, lambda: running.reloads(f"{plan.names[-1]}_integrate")):
            raise Failed("the service does not read the apps' files")
        if workers > 1:
            opened.enter_context(second_machine(running, SHIPLINE_RUNS_HERE=room))
        if not holds_within(300, lambda: all(running.ticked(f"{name}_github") for name in plan.names)):
            raise Failed("the service does not look at each app's repository within five minutes")
        yield running, github


def _make_app(home: Path, github: GitHubServer, name: str, seconds: int) -> None:
    repository = f"acme/{name}"
    github.create_repository(repository, files={"version.txt": "1.0.0\n"})
    github.create_branch(repository, "development", "main")
    github.set_permission(repository, "shipline", "write")
    text = APP.format(name=name, url=github.git_url(repository), repository=repository, api=github.url, seconds=seconds)
    (home / "apps" / f"{name}.yaml").write_text(text)


def _merge_all(github: GitHubServer, plan: Plan) -> list[str]:
    """The heads that the merges made: evenly over the time, the apps in any order."""
    order = plan.names * plan.merges
    random.Random(1).shuffle(order)
    heads, began = [], time.monotonic()
    for number, app in enumerate(order):
        time.sleep(max(0.0, began + plan.seconds * number / len(order) - time.monotonic()))
        repository, branch = f"acme/{app}", f"change-{number}"
        github.commit(repository, {"version.txt": f"1.0.{number + 1}\n"}, branch, by="dora", at="development")
        pull = github.create_pull(repository, branch, "development", by="dora")
        heads.append(github.merge(repository, pull, "merge", by="dora"))
    return heads


def _wait_for_ends(ground: Ground, heads: list[str], tell: Tell) -> tuple[Outcome, dict[str, float]]:
    """What became of the heads as soon as all are accounted for, or nothing has changed for long; and each component's memory."""
    found, since = _account(ground, heads), time.monotonic()
    most = memory(ground)
    while found.unaccounted and time.monotonic() - since < STANDSTILL_SECONDS:
        time.sleep(5)
        most = {name: max(used, most.get(name, 0.0)) for name, used in memory(ground).items()}
        now = _account(ground, heads)
        if now != found:
            found, since = now, time.monotonic()
            tell(f"{len(heads) - len(now.unaccounted)} of {len(heads)} changes have come to their end")
    return found, most


def _account(ground: Ground, heads: list[str]) -> Outcome:
    return account(ground.service.ask(RUNS)["runsOrError"]["results"], heads)
