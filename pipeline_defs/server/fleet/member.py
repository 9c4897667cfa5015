"""Member: one host of a fleet with its part of a task, and what the members have in common: locks, and one report."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from pipeline_defs.config.host import Host
from pipeline_defs.release.records import OnHost, Outcome, Release
from pipeline_defs.server.core.command import CommandTimeout, Runner, ServerError, Unreachable
from pipeline_defs.server.core.journal import Notes
from pipeline_defs.server.core.lock import locked
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.fleet import agreement
from pipeline_defs.server.fleet.agreement import UNKNOWN, State, first_of
from pipeline_defs.server.state.facts import facts_command, parse_facts

Found = TypeVar("Found")


class Line(Runner, Protocol):
    """A connection to a server. Once it was closed, the next command opens it again."""

    def close(self) -> None:
        """Hang up: a command that is under way ends as when the server is lost."""
        ...


@dataclass(frozen=True)
class Member:
    """A host with what a task is there: its services, and on the first host alone what has to do with the database.

    `state` is what it said as its lock was taken; `notes` are written as that is given back.
    """

    host: Host
    task: Task
    server: Line
    state: State = UNKNOWN
    notes: Notes = field(default_factory=Notes)

    @property
    def site(self) -> Site:
        """The environment's place on this host."""
        return self.task.site


def members_of(task: Task, servers: Sequence[Line]) -> list[Member]:
    """A member for each host of the task's environment, in the order of its file; `servers` are in the same order.

    Each says on which host it is what it says. They do so from several threads.
    """
    turn = threading.Lock()

    def on(host: Host, say: Callable[[str], None]) -> Callable[[str], None]:
        def tell(line: str) -> None:
            with turn:
                say(f"{host}: {line}")

        return tell

    def member(number: int, host: Host, server: Line) -> Member:
        part = replace(task, host=host, say=on(host, task.say), listen=on(host, task.listen), outside={})
        if number > 0:
            part = replace(part, migrated=None, downgrade_to=None, restore_from=None)
        return Member(host, part, server)

    return [member(number, *each) for number, each in enumerate(zip(task.site.config.hosts, servers, strict=True))]


def on_each(members: Sequence[Member], act: Callable[[Member], Found]) -> list[Found]:
    """What comes of something on all members at the same time, in their order. Raises ServerError, once all have ended."""
    with ThreadPoolExecutor(max(len(members), 1)) as pool:
        try:
            return list(pool.map(act, members))
        except ServerError:
            raise
        except BaseException:  # interrupted: nobody waits for a long pull
            for member in members:
                member.server.close()
            raise


def together(members: Sequence[Member], reports: Mapping[Host, Report], before: Sequence[Release | None]) -> Report:
    """One report of all hosts: that of the first, with what came of it on each. `before` is what each goes back to."""
    failed = [report for report in reports.values() if report.outcome is Outcome.FAILED]
    changed = any(report.changed for report in reports.values())
    first, runs = reports[members[0].host], first_of(before)
    live = first.live if not failed else None if changed else runs
    return replace(
        first,
        outcome=Outcome.FAILED if failed else Outcome.SUCCEEDED,
        previous=runs,
        live=live,
        changed=changed,
        left=tuple(f"{host}: {each}" for host, report in reports.items() for each in report.left),
        error=failed[0].error if failed else None,
        unproved=next((report.unproved for report in reports.values() if report.unproved), None),
        hosts=tuple(_on(each.host, reports.get(each.host), ran) for each, ran in zip(members, before, strict=True)),
    )


def _on(host: Host, report: Report | None, ran: Release | None) -> OnHost:
    """What came of it on one host. Where it was not begun, or stopped, what ran before runs."""
    if report is None:
        return OnHost(host=str(host), outcome=Outcome.STARTED, version=ran.version if ran else None)
    live = ran if report.outcome is Outcome.ROLLED_BACK else report.live
    version = live.version if live else None
    return OnHost(host=str(host), outcome=report.outcome, version=version, steps=report.steps, error=report.error)


@contextmanager
def all_locked(members: Sequence[Member], *, without: dict[Host, str] | None = None) -> Iterator[list[Member]]:
    """Hold the locks of all hosts, taken in the order of the file, so that two runs never wait for each other; gives their states.

    Args:
        without: takes the hosts that do not answer, or lack something, with a sentence, where one goes on without them.

    Raises:
        ServerError: a lock is not to be had; without `without` also when a host does not answer, or lacks something.
    """
    with ExitStack() as locks:
        there = []
        for member in members:
            site, server = member.site, member.server
            try:
                lock = locked(
                    site, member.task, server, member.notes, facts_command(site), agreement.note_command(site)
                )
                held = locks.enter_context(lock)
            except (Unreachable, CommandTimeout) as error:
                if without is None:
                    raise
                without[member.host] = str(error)
                continue
            try:
                state = agreement.parse_state(site, parse_facts(site, held.answers[0]), held.answers[1])
            except ServerError as error:
                if without is None:
                    raise
                without[member.host] = str(error)
                continue
            there.append(replace(member, state=state, task=replace(member.task, token=held.token)))
        yield there
