"""Proposal: one pull request: what happens to it, and how far that has come."""

import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from dagster import DagsterEventType, DagsterRun, DagsterRunStatus

from benchmarks.pulls.app import PREVIEW_PASSWORD
from benchmarks.pulls.ground import APPS, Ground
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.release.request import SUPERSEDED_BY
from tests.testbed.github.control_code import Files

_PROCESS = re.compile(r"\(pid: (\d+)\)")


class Kind(StrEnum):
    """What happens to a pull request."""

    MERGED = "is merged once it has passed"
    NEWER = "gets a newer head during the rehearsal, and is merged"
    CONFLICT = "conflicts with one that is merged before it, is mended, and is merged"
    DAEMON = "is rehearsed while the daemon is killed, and is merged"
    CLOSED = "is closed during the rehearsal"
    BOT = "is a bot's, and is rehearsed after an approval"
    FORK = "is a fork's"
    KILLED = "is rehearsed by a run that is killed"
    READER = "is of somebody who may not write"
    BROKEN = "fails its tests"


NEVER = (Kind.FORK, Kind.READER)
MERGES = (Kind.MERGED, Kind.CONFLICT, Kind.NEWER, Kind.DAEMON)
"""In this order."""
STANDS = (Kind.MERGED, Kind.CONFLICT, Kind.NEWER)
"""Whose rehearsal stands for that of the merge. Before the others something else was merged that they do not have."""
_BY = {Kind.BOT: "robot[bot]", Kind.READER: "eve", Kind.FORK: "eve"}


@dataclass
class Proposal:
    """A pull request of an app; `heads` has the newest last."""

    kind: Kind
    app: str
    number: int
    branch: str
    heads: list[str]
    acted: bool = False
    too_early: list[str] = field(default_factory=list)
    """Heads that were rehearsed before anybody had approved them."""

    @property
    def repository(self) -> str:
        """Its repository on GitHub."""
        return APPS[self.app]

    def __str__(self) -> str:
        return f"{self.app} #{self.number}, which {self.kind}"

    def runs(self, ground: Ground, head: str, job: str = "stage_pull") -> list[DagsterRun]:
        """The runs of a job for a head, newest first."""
        found = ground.runs(self.app, pull_request=str(self.number), head=head)
        return [run for run in found if run.job_name == f"{self.app}_{job}"]

    def act(self, ground: Ground) -> None:
        """Do what happens to it, once its moment has come."""
        if self.acted:
            return
        if self.kind is Kind.BOT:
            self.acted = self._approved(ground)
        elif self.kind in (Kind.NEWER, Kind.DAEMON, Kind.CLOSED, Kind.KILLED):
            started = [run for run in self.runs(ground, self.heads[0]) if run.status is DagsterRunStatus.STARTED]
            self.acted = bool(started) and self._amid(ground, started[0])
        else:
            self.acted = True

    def push(self, ground: Ground, files: Files) -> None:
        """A newer head."""
        self.heads.append(ground.stack.github.commit(self.repository, files, self.branch, by="dora"))

    def verdict(self, ground: Ground) -> Rehearsal | None:
        """How the rehearsal of its newest head ended, None where it has none that is over."""
        rows = [row for row in ground.rehearsals(self.app, self.number) if row.release.commit == self.heads[-1]]
        return next((row for row in rows if row.outcome is not Outcome.STARTED), None)

    def settled(self, ground: Ground) -> bool:
        """Whether nothing more comes of it by itself."""
        going_on = [run for run in ground.unfinished(self.app) if run.tags.get("pull_request") == str(self.number)]
        if going_on or not self.acted:
            return False
        if self.kind in NEVER:
            return bool(self.runs(ground, self.heads[0], "integrate")) or self.kind is Kind.FORK
        return self.kind is Kind.CLOSED or self.verdict(ground) is not None

    def wrong(self, ground: Ground) -> str:
        """Why it did not come to the end that it should; empty where it did."""
        row = self.verdict(ground)
        if self.kind in (*NEVER, Kind.CLOSED):
            return "" if row is None or self.kind is Kind.CLOSED else "it was rehearsed"
        if row is None:
            return f"its head {self.heads[-1][:12]} has no rehearsal that came to its end"
        expected = Outcome.FAILED if self.kind is Kind.BROKEN else Outcome.SUCCEEDED
        return "" if row.outcome is expected else f"its rehearsal {row.outcome}: {row.error}"

    def superseded(self, ground: Ground) -> int:
        """How many of its heads were given up for a newer one, or since it was closed."""
        runs = {run.tags["head"] for run in ground.runs(self.app, pull_request=str(self.number)) if _given_up(run)}
        return len(runs)

    def rehearsed(self, ground: Ground) -> set[str]:
        """Its heads with a rehearsal that came to its end."""
        rows = ground.rehearsals(self.app, self.number)
        return {row.release.commit for row in rows if row.outcome is not Outcome.STARTED}

    def untrusted(self, ground: Ground) -> int:
        """How many of its heads were rehearsed that nobody vouched for."""
        never = [head for head in self.heads if self.runs(ground, head)] if self.kind in NEVER else []
        return len(never) + len(self.too_early)

    def shown(self, ground: Ground) -> bool:
        """Whether people see its newest head, and nobody does without the password. What made room for others counts as neither."""
        row = self.verdict(ground)
        if row is None or row.preview is None or not row.preview.address or not self._stands(ground):
            return False
        known, unknown = ground.answer(row.preview.address, PREVIEW_PASSWORD), ground.answer(row.preview.address)
        if "fine" in known and "401" in unknown:
            return True
        ground.tell(
            f"{self}: {row.preview.address} answers {known!r}, and {unknown!r} to somebody without the password"
        )
        return False

    def _stands(self, ground: Ground) -> bool:
        return any(line.endswith(f"{self.app}/staging-pull-{self.number}") for line in ground.left())

    def _approved(self, ground: Ground) -> bool:
        checked = self.runs(ground, self.heads[0], "integrate")
        if not checked or not checked[0].is_finished:
            return False
        self.too_early += self.heads[:1] if self.runs(ground, self.heads[0]) else []
        ground.stack.github.comment(self.repository, self.number, f"/shipline test {self.heads[0]}", by="ada")
        return True

    def _amid(self, ground: Ground, run: DagsterRun) -> bool:
        if self.kind is Kind.NEWER:
            self.push(ground, {f"changes-{self.number}": "newer\n"})
        elif self.kind is Kind.CLOSED:
            ground.stack.github.close(self.repository, self.number, by="dora")
        elif self.kind is Kind.DAEMON:
            return ground.stack.kill("daemon")
        elif self.kind is Kind.KILLED:
            return _kill(ground, run)
        return True


def propose(ground: Ground, kind: Kind, app: str, name: str) -> Proposal:
    """Open a pull request of this kind into the development branch."""
    github, repository = ground.stack.github, APPS[app]
    by = _BY.get(kind, "dora")
    files: Files = {f"changes-{name}": f"{kind}\n", "addresses": f"{ground.address(app)}\n"}
    files |= {"shared.txt": f"{kind}\n"} if kind in (Kind.MERGED, Kind.CONFLICT) else {}
    files |= {"broken": "yes\n"} if kind is Kind.BROKEN else {}
    fork = github.create_fork(repository, f"eve{name}") if kind is Kind.FORK else None
    head = github.commit(fork or repository, files, f"change-{name}", by=by, at="development")
    number = github.create_pull(repository, f"change-{name}", "development", by=by, fork=fork)
    return Proposal(kind, app, number, f"change-{name}", [head])


def _given_up(run: DagsterRun) -> bool:
    return bool(run.tags.get(SUPERSEDED_BY))


def _kill(ground: Ground, run: DagsterRun) -> bool:
    """SIGKILL for the process of a run; False while nobody knows it."""
    for event in ground.stack.instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        if process := _PROCESS.search(event.message):
            with suppress(ProcessLookupError):
                os.kill(int(process[1]), signal.SIGKILL)
            return True
    return False
