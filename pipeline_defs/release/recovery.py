"""Recovery: what follows a deployment or rollback that failed, and where that ends. Pure.

The way back within the run is tried first. Where it failed, or the run died before it, one run of its own tries once more; one that
dies without a word is followed by a last one. Then a person is told, and nothing more is started.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline_defs.release.records import HELD, Deployment, Outcome, Release

RECOVERS = "recovers"
"""The run tag with the id of the deployment that a recovery run answers."""

RECOVERY = "recovery"
"""The run tag that says which recovery run of its deployment it is, from 1 on."""

MOST = 2
"""Recovery runs for one deployment: the second one only where the first died without writing how it ended."""

_NO_WORD = "its run ended before it was done"


@dataclass(frozen=True)
class Decision:
    """What a run that ended badly is answered with: a recovery run for `deployment`, or, after the last one, a word to a person.

    `attempt` numbers the recovery run to start; 0: none is started any more.
    """

    deployment: Deployment
    attempt: int


def decide(run: str, tags: Mapping[str, str], records: Iterable[Deployment]) -> Decision | None:
    """The answer to a run that failed or was cancelled; None where it left nothing open.

    Args:
        run, tags: the run's id and tags.
        records: the last word on each deployment of the environment, in any order.
    """
    attempt = _number(tags) + 1
    for row in records:
        mine = row.id == tags[RECOVERS] if RECOVERS in tags else row.run == run and row.because_of is None
        if mine and row.outcome is Outcome.STARTED:
            return Decision(row, attempt if attempt <= MOST else 0)
    return None


def recovery_tags(decision: Decision) -> dict[str, str]:
    """The tags of the run that a decision starts."""
    return {RECOVERS: decision.deployment.id, RECOVERY: str(decision.attempt)}


def answered_by(record: Deployment, live: Release | None, unproved: str | None, seconds: float) -> Deployment:
    """The end of a deployment that was undone. `live` is what serves now, None for nothing.

    Its own release may run nevertheless: a run that was killed after the switch had deployed it, and only could not write so.
    """
    if live is None:
        outcome = Outcome.FAILED
    elif live.is_like(record.release):
        outcome = Outcome.SUCCEEDED
    else:
        outcome = Outcome.ROLLED_BACK
    error = None if outcome is Outcome.SUCCEEDED else record.error or _NO_WORD
    if error and live and unproved:
        error = f"{error}; {live.version} serves again, and fails its own tests: {unproved}"
    found = {"outcome": outcome, "error": error, "seconds": record.seconds or seconds, "needs_person": False}
    return record.model_copy(update={**found, "unproved": unproved if outcome is Outcome.SUCCEEDED else None})


def given_up(record: Deployment, why: str, seconds: float) -> Deployment:
    """The end of a deployment that could not be undone: a person has to look. `why` the way back failed."""
    error = f"{record.error or _NO_WORD}; the way back failed, too: {why}"
    found = {"outcome": Outcome.FAILED, "error": error, "seconds": record.seconds or seconds, "needs_person": True}
    return record.model_copy(update=found)


def is_end_of(end: Deployment, known: Deployment | None) -> bool:
    """Whether a record ends another one and says nothing but that the deployment failed.

    Either `given_up` made it of one that is not over, or what was held back is left to a person.
    """
    if known is None:
        return False
    if not (known.outcome in HELD or (is_open(known) and end.needs_person)):
        return False
    told = {name: getattr(end, name) for name in ("outcome", "error", "seconds", "needs_person")}
    return end.outcome is Outcome.FAILED and known.model_copy(update=told) == end


def way_back_failed(
    failed: Deployment | None, row: Deployment | None, *, within: bool, serves: bool, why: str, seconds: float
) -> tuple[Deployment, ...]:
    """The records that a rollback which failed leaves behind.

    Args:
        failed: the deployment that was to be undone. It stays open where this was tried within its own run: a run of its own tries
            once more. Else it is closed, and nothing more is started by itself.
        row: the rollback's own record, with its outcome.
        within: the way back was tried within the run that made `failed`.
        serves: what ran before the rollback serves on, or again.
        why: the error; seconds: since `failed` began.
    """
    undone = () if failed is None else (failed if within else given_up(failed, why, seconds),)
    told = () if row is None else (row.model_copy(update={"needs_person": not within and not serves}),)
    return (*undone, *told)


def is_open(record: Deployment) -> bool:
    """True for a deployment that a rollback may still have to undo: it has no end yet, or needs a person."""
    return record.outcome is Outcome.STARTED or (record.outcome is Outcome.FAILED and record.needs_person)


def _number(tags: Mapping[str, str]) -> int:
    number = tags.get(RECOVERY, "0")
    return int(number) if number.isdecimal() else MOST
