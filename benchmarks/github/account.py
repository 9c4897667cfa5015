"""Account: what became of each head that a branch was at."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from dagster import DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter

from pipeline_defs.release.change import is_merge
from pipeline_defs.release.request import SUPERSEDED_BY


@dataclass(frozen=True)
class Account:
    """Heads by what became of them.

    Attributes:
        lost: those without a run, and those whose run ended without a word why.
        open: those whose run waits or goes on.
        doubled: those with more than one run.
        ended: how many ended how: deployed, passed (where nothing is deployed), failed, failed to start (the daemon died
            meanwhile), superseded.
    """

    lost: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)

    @property
    def is_closed(self) -> bool:
        """True when every head has ended, one way or another."""
        return not self.lost and not self.open


def account(instance: DagsterInstance, app: str, heads: Collection[str]) -> Account:
    """What became of these heads of an app, full ids, by Dagster's own storage."""
    runs: dict[str, list[RunRecord]] = defaultdict(list)
    for record in instance.get_run_records(RunsFilter(tags={"app": app})):
        tags = record.dagster_run.tags
        if is_merge(tags.get("change", "")):
            runs[tags["head"]].append(record)
    made = Account()
    for head in heads:
        if len(runs[head]) > 1:
            made.doubled.append(head)
        how = _end(runs[head], heads)
        if how in ("lost", "open"):
            (made.lost if how == "lost" else made.open).append(head)
        else:
            made.ended[how] += 1
    return made


def _end(runs: list[RunRecord], heads: Collection[str]) -> str:
    if not runs:
        return "lost"
    if not all(record.dagster_run.is_finished for record in runs):
        return "open"
    newest = runs[0].dagster_run
    if newest.status is DagsterRunStatus.SUCCESS:
        return "deployed" if "target" in newest.tags else "passed"
    if newest.status is DagsterRunStatus.FAILURE:
        return "failed" if runs[0].start_time else "failed to start"
    return "superseded" if newest.tags.get(SUPERSEDED_BY) in heads else "lost"
