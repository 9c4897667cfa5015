"""Compare: deployments and rollbacks of the sample app under load, and the hand-written script in turn with them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from benchmarks.deploy import script
from benchmarks.deploy.asking import Asked, asking
from benchmarks.deploy.watching import Watching
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.moments import Moments
from tests.support.routed_shop import Routed
from tests.testbed.server import STAGING

ROUNDS = 6
Tell = Callable[[str], None]


@dataclass
class Compared:
    """What was measured, a value for each round: seconds, and round trips."""

    deploy: list[float] = field(default_factory=list)
    rollback: list[float] = field(default_factory=list)
    switch: list[float] = field(default_factory=list)
    script: list[float] = field(default_factory=list)
    trips: list[int] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    asked_script: list[Asked] = field(default_factory=list)

    @property
    def over_script(self) -> list[float]:
        """How long each round's deployment took, where the script took 1."""
        return [ours / theirs for ours, theirs in zip(self.deploy, self.script, strict=True)]


def compare(
    app: Routed, server: Connection, first: Release, second: Release, tell: Tell, *, full: bool, rounds: int = ROUNDS
) -> Compared:
    """Have the first release run both ways, then change to the second and back, round after round."""
    compared = Compared()
    task = app.task(first)
    _well(deploy(task, server))
    assert task.registry_login is not None
    script.install(server, first, task.registry_login)
    by_hand = app.shop.bed.servers[0].url(STAGING) + "/health"
    try:
        for number in range(rounds):
            with asking(app.url) as asked:
                _ours(app, server, first, second, compared)
            with asking(by_hand) as asked_script:
                compared.script.append(script.deploy(server, second if number % 2 == 0 else first, full=full))
            compared.asked.append(asked)
            compared.asked_script.append(asked_script)
            tell(
                f"{'full' if full else 'bare'} {number + 1}: deploy {compared.deploy[-1]:.2f} s, rollback "
                f"{compared.rollback[-1]:.2f} s, script {compared.script[-1]:.2f} s; {len(asked.failed)} and "
                f"{len(asked_script.failed)} requests failed; longest gap {1000 * asked.longest_gap:.0f} ms"
            )
            for failure in asked.failed:
                tell(f"a request failed, {failure}")
    finally:
        script.remove(server)
    return compared


def _ours(app: Routed, server: Connection, first: Release, second: Release, compared: Compared) -> None:
    there, back = Watching(), Watching()
    task = app.task(second)
    report = deploy(task, Moments(server, there))
    compared.deploy.append(monotonic() - there.first)
    _well(report)
    compared.trips.append(len(there.trips))
    task = app.task(first)
    report = rollback(task, Moments(server, back))
    compared.rollback.append(monotonic() - back.first)
    _well(report)
    compared.switch.append(back.begun["outside"] - back.first)


def _well(report: Report) -> None:
    if report.error:
        raise ServerError(report.error)
