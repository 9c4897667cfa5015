"""DORA metrics: how an environment is delivered to, by the four measures of DORA, from the records of its deployments.

The questions are those of https://dora.dev/research/; docs/metrics.md says how each of them is answered here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline_defs.release.evidence import Record
from pipeline_defs.release.period import Period
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, Outcome

_WEEK = 7.0


@dataclass(frozen=True)
class Delivery:
    """A deployment that reached its environment.

    Attributes:
        at: when it ended; that is when it counts.
        shipped: it succeeded: its release came to run there.
        failed: it broke the environment, or its release was taken back by a person.
        broken, restored: when it began to do harm, and when a release worked again; None where that is not known or not yet so.
        lead_times: for each of the commits that it brought, the seconds from the commit until it was there.
        told: its record says when its commits were made.
    """

    id: str
    at: datetime
    shipped: bool
    failed: bool = False
    broken: datetime | None = None
    restored: datetime | None = None
    lead_times: tuple[float, ...] = ()
    told: bool = False


class Spread(Record):
    """How long something takes, in seconds: half of `count` cases take `median` at most, nine of ten `p90`, all `longest`."""

    count: int
    median: float
    p90: float
    longest: float


class Metrics(Record):
    """The four measures of one period, from `begin` up to `end`, ISO 8601 in UTC.

    Attributes:
        deployments: those that reached the environment; shipped: those of them that succeeded.
        per_week: deployment frequency: how many succeed in seven days.
        lead_time: lead time for changes, from commit to production; None where no commit is known.
        untold: deployments that succeeded and whose record does not say when their commits were made.
        failed: deployments that failed; failure_rate: change failure rate, their part of all, 0 to 1, None without any.
        restore_time: time to restore service, of those failures after which a release worked again; unrestored: the others.
    """

    begin: str
    end: str
    deployments: int
    shipped: int
    per_week: float
    lead_time: Spread | None
    untold: int
    failed: int
    failure_rate: float | None
    restore_time: Spread | None
    unrestored: int


def deliveries(records: Iterable[Deployment]) -> list[Delivery]:
    """What reached one environment, oldest first, from the last word on each of its deployments and rollbacks.

    What failed before anything was changed, waits for a freeze or has not ended has not reached it.
    """
    attempts = sorted((row for row in records if row.outcome not in (Outcome.STARTED, *HELD)), key=lambda row: row.id)
    found: dict[str, Delivery] = {}
    for number, row in enumerate(attempts):
        if row.kind is DeploymentKind.ROLLBACK:
            _take_back(row, attempts[:number], found)
        elif _reached(row):
            found[row.id] = _delivery(row, attempts[number + 1 :])
    return list(found.values())


def measure(found: Iterable[Delivery], period: Period) -> Metrics:
    """The four measures of those deliveries that ended within the period."""
    within = [each for each in found if each.at in period]
    shipped = [each for each in within if each.shipped]
    failed = [each for each in within if each.failed]
    restored = [(each.restored - each.broken).total_seconds() for each in failed if each.restored and each.broken]
    return Metrics(
        begin=period.begin.isoformat(),
        end=period.end.isoformat(),
        deployments=len(within),
        shipped=len(shipped),
        per_week=len(shipped) * _WEEK / period.days,
        lead_time=spread([seconds for each in shipped for seconds in each.lead_times]),
        untold=sum(not each.told for each in shipped),
        failed=len(failed),
        failure_rate=len(failed) / len(within) if within else None,
        restore_time=spread(restored),
        unrestored=len(failed) - len(restored),
    )


def spread(seconds: Sequence[float]) -> Spread | None:
    """How a number of durations are spread; None for none at all."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    # The nearest rank: the least of the values that nine of ten do not exceed.
    return Spread(count=len(ordered), median=median, p90=ordered[-(-9 * len(ordered) // 10) - 1], longest=ordered[-1])


def moment(text: str) -> datetime:
    """A recorded time in UTC; one without a time zone is in UTC."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)


def _reached(row: Deployment) -> bool:
    """True where people could have met it: it runs, or it failed after something was changed."""
    return row.outcome in (Outcome.SUCCEEDED, Outcome.ROLLED_BACK) or row.failed_after_change


def _delivery(row: Deployment, later: Sequence[Deployment]) -> Delivery:
    at = _ended(row)
    if row.outcome is not Outcome.SUCCEEDED:
        mended = next((_ended(each) for each in later if each.outcome is Outcome.SUCCEEDED), None)
        return Delivery(row.id, at, shipped=False, failed=True, broken=moment(row.started), restored=mended)
    # A clock that was wrong may put a commit after its deployment.
    lead_times = tuple(max(0.0, (at - moment(commit)).total_seconds()) for commit in row.committed or ())
    return Delivery(row.id, at, shipped=True, lead_times=lead_times, told=row.committed is not None)


def _take_back(rollback: Deployment, before: Sequence[Deployment], found: dict[str, Delivery]) -> None:
    """A person's rollback says that what ran until then had failed. What answers a failed deployment says nothing new.

    It did harm from the moment at which it came to run, which is after another rollback later than its own deployment.
    """
    if rollback.because_of or rollback.outcome is not Outcome.SUCCEEDED or rollback.previous is None:
        return
    worked = [row for row in before if row.outcome is Outcome.SUCCEEDED]
    left = (rollback.previous.version, rollback.previous.digest)
    culprit = next(
        (
            row
            for row in reversed(worked)
            if row.kind is DeploymentKind.DEPLOY and (row.release.version, row.release.digest) == left
        ),
        None,
    )
    if culprit is not None and not found[culprit.id].failed:
        ran_since, back = _ended(worked[-1]), _ended(rollback)
        found[culprit.id] = replace(found[culprit.id], failed=True, broken=ran_since, restored=back)


def _ended(row: Deployment) -> datetime:
    return moment(row.started) + timedelta(seconds=row.seconds)
