"""Rolling update: one act on all members of a fleet: on the first alone, then on the others at the same time."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from pipeline_defs.config.host import Host
from pipeline_defs.release.records import Outcome
from pipeline_defs.server.core.command import Command, Listener, Result, Runner, ServerError
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.fleet.member import Line, Member


class Stopped(BaseException):
    """Another host has failed, or the run is interrupted. No Exception, like Dagster's own: whoever is told so takes back what it began."""


@dataclass
class _Stoppable:
    """A server whose user is interrupted before the next command after it was told to stop; only once, since it then takes back."""

    server: Line
    told: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        if not self.told:
            self.told = True
            self._stop.set()

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        if self._stop.is_set():
            self._stop.clear()
            raise Stopped
        return self.server.run(command, timeout=timeout, listen=listen)


Act = Callable[[Member, Runner], Report]


@dataclass
class RollingUpdate:
    """One act on the first member alone, then on the others, so many at once. `reports` tells of each that was begun.

    Once one has failed no further one is begun, and those under way are stopped before their next command, unless `despite_failures`.
    """

    act: Act
    at_once: int
    despite_failures: bool = False
    reports: dict[Host, Report] = field(default_factory=dict)

    def run(self, members: Sequence[Member]) -> None:
        """Act. An interruption (a BaseException) stops all members and goes on when they have ended."""
        first, *others = members
        self._do(first, first.server)
        if others and self._go_on():
            self._at_once(others)

    def _at_once(self, members: Sequence[Member]) -> None:
        servers = [_Stoppable(member.server) for member in members]
        with ThreadPoolExecutor(min(self.at_once, len(members))) as pool:
            begun = [pool.submit(self._begin, member, server) for member, server in zip(members, servers, strict=True)]
            try:
                for each in as_completed(begun):
                    each.result()
                    if not self._go_on():
                        _stop(servers)
            except BaseException:
                _stop(servers)
                for member in members:
                    member.server.close()
                raise

    def _begin(self, member: Member, server: _Stoppable) -> None:
        if not server.told:
            self._do(member, server)

    def _go_on(self) -> bool:
        return self.despite_failures or all(report.error is None for report in self.reports.values())

    def _do(self, member: Member, server: Runner) -> None:
        try:
            self.reports[member.host] = self.act(member, server)
        except Stopped:
            member.task.say("stopped, as it was before")
            self.reports[member.host] = Report(Outcome.ROLLED_BACK, error="stopped, since another host has failed")
        except ServerError as error:
            self.reports[member.host] = Report(Outcome.FAILED, error=str(error), changed=True)


def _stop(servers: Sequence[_Stoppable]) -> None:
    for server in servers:
        server.stop()
