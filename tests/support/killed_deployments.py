"""Deploy kills: deployments and rollbacks behind a router that are killed one after the other, and what the next run makes of it."""

import secrets
import time
from dataclasses import dataclass, field, replace

from pipeline_defs.release.records import Release
from pipeline_defs.resources.hook_runner import HookRunner
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.state.facts import gather_facts
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.killer import Point, kill
from tests.support.moments import Moments
from tests.support.routed_shop import Routed

# The release's name and the state of each container of the app's service, and what is left of the lock.
_WEB = """
docker ps -a --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2" \
  --format '{{.Label "shipline.release"}} {{.State}}'
[ ! -e "$3" ] || echo "lock $(cat "$3")"
"""

PROCEDURES = {"deploy": deploy, "rollback": rollback}


@dataclass
class DeployKills:
    """Kills deployments of the second release, and rollbacks to the first.

    Attributes:
        app: the quick shop behind a router, in which the first release runs.
        missed: kills that could not be made.
        broken: where afterwards the environment did not serve exactly the release that `current` names, or the next one failed.
        unrecorded: where what was reported is not what runs.
        slowest: seconds from a kill until all was in order, the most.
    """

    app: Routed
    server: Connection
    first: Release
    second: Release
    missed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def moments(self, what: str) -> list[str]:
        """Deploy, or go back, to the end: every moment of it, in order."""
        found: list[str] = []
        report = self._next(what, Moments(self.server, found.append))
        assert report.error is None, report.error
        return found

    def kill(self, what: str, point: Point) -> None:
        """Kill one there; the next run recovers, and after that it is made once more, to its end."""
        when = f"{what}, {point}"
        failure = kill(what, self.app.shop, self._target(what), point, self.app.source)
        if failure is not None:
            self.missed.append(f"{when}: {failure}")
        began = time.monotonic()
        report = rollback(self.app.task(None, run=_run("recovery")), self.server)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self._look(f"{when}, and recovery", report)
        self._look(f"{when}, and the next {what}", self._next(what, self.server))

    def _target(self, what: str) -> Release:
        return self.second if what == "deploy" else self.first

    def _next(self, what: str, server: Connection | Moments) -> Report:
        return PROCEDURES[what](
            replace(self.app.task(self._target(what), run=_run("next")), here=HookRunner({})), server
        )

    def _look(self, when: str, report: Report) -> None:
        """Compare what was reported, what the server says that it runs, what runs, and what people get."""
        if report.error:
            self.broken.append(f"{when}: {report.error}")
        current, served = gather_facts(self.app.site, self.server).current, self.app.version
        words = (self.app.site.project, self.app.site.config.service, self.app.site.path("lock"))
        web = self.server.run(script(_WEB, *words), timeout=60).stdout.splitlines()
        if current is None or served != current.version or web != [f"{current.name} running"]:
            self.broken.append(f"{when}: {current.name if current else 'none'} is current, {served} answers: {web}")
        if report.live != current:
            self.unrecorded.append(f"{when}: {report.live.name if report.live else 'none'} was reported")


def _run(what: str) -> str:
    return f"{what}-{secrets.token_hex(4)}"
