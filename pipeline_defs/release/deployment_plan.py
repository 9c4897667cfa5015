"""Deployment plan: what a deployment would do, and how long that takes, from what rehearsals and earlier deployments have shown. Pure."""

from collections.abc import Iterable, Sequence

from pipeline_defs.release.evidence import Migration, Record, StepTiming, Verdict, WayBack
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Rehearsal, Release
from pipeline_defs.release.step_name import StepName


class PlannedStep(Record):
    """One step of a deployment that was not made.

    Attributes:
        does: what is executed, as the log of a deployment shows it.
        seconds: how long it is expected to take, None where nobody knows; `learned_from` says from what.
    """

    step: str
    does: str
    seconds: float | None = None
    learned_from: str = ""


class Migrations(Record):
    """The migrations that would run: `known` where a rehearsal tells, and then each of them. `sentence` says it to people."""

    known: bool
    each: tuple[Migration, ...] = ()
    sentence: str = ""


class Plan(Record):
    """What a deployment would do now.

    Attributes:
        release: what would be deployed; live: what the server says that runs, None for nothing.
        seconds: the sum of the steps whose time is known; downtime: how long the app would be away, None where nobody knows.
        going_back: what a rollback would do, in a sentence; way_back: the rehearsal's verdict on it.
        alterations: what it changes besides the app's image, such as the database's image, a phrase each.
        refusals: why it would not be deployed now, a sentence each; waits: what it would wait for, None for nothing.
        notes: what else there is to know.
    """

    release: Release
    environment: str
    live: Release | None
    steps: tuple[PlannedStep, ...]
    seconds: float
    downtime: float | None
    migrations: Migrations
    way_back: WayBack | None
    going_back: str
    alterations: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    waits: str | None = None
    notes: tuple[str, ...] = ()


HANDOVER_SECONDS = 4.0
"""What it takes, about, until a port has changed hands: the app's containers end, and the router starts."""


def expected(
    step: PlannedStep, digest: str, deployments: Sequence[Deployment], rehearsals: Sequence[Rehearsal]
) -> PlannedStep:
    """The step with the seconds that it took last: in the environment itself, else in a rehearsal.

    Migrations take as long as in the rehearsal of this very image. Both are newest first.
    """
    own = [row for row in rehearsals if row.outcome is Outcome.SUCCEEDED and row.release.digest == digest]
    others = [row for row in rehearsals if row.outcome is Outcome.SUCCEEDED]
    shipped = [row for row in deployments if row.outcome is Outcome.SUCCEEDED and row.kind is DeploymentKind.DEPLOY]
    rows: list[Deployment | Rehearsal] = (
        [*own, *shipped, *others] if step.step == StepName.MIGRATE else [*shipped, *own, *others]
    )
    for row in rows:
        took = _seconds(step.step, row.steps)
        if took is not None:
            kind = "rehearsal" if isinstance(row, Rehearsal) else "deployment"
            return step.model_copy(update={"seconds": took, "learned_from": f"{kind} of {row.release.version}"})
    if step.step == StepName.HANDOVER:
        return step.model_copy(update={"seconds": HANDOVER_SECONDS, "learned_from": "an estimate"})
    return step


def _seconds(name: str, steps: Iterable[StepTiming]) -> float | None:
    return next((step.seconds for step in steps if step.step == name and step.outcome == "done"), None)


def downtime(steps: Sequence[PlannedStep]) -> float | None:
    """Seconds for which the app is away: from the step that replaces its containers, or takes a port from them or from the router,
    until the new ones are healthy and have it. 0 where nothing does.

    None where the time of one of these steps is not known.
    """
    begins = [number for number, step in enumerate(steps) if step.step in (StepName.START, StepName.HANDOVER)]
    ends = [number for number, step in enumerate(steps) if step.step in (StepName.HEALTHY, StepName.HANDOVER)]
    if not begins or not ends:
        return 0.0
    away = [step.seconds for step in steps[begins[0] : ends[-1] + 1]]
    known = [seconds for seconds in away if seconds is not None]
    return round(sum(known), 1) if len(known) == len(away) else None


def migrations(
    release: Release, rehearsals: Sequence[Rehearsal], revision: str | None, *, migrates: bool
) -> Migrations:
    """The migrations that would run on a database at a revision, by the newest rehearsal of the image that passed."""
    if not migrates:
        return Migrations(known=True, sentence="none: the environment has no `migrate` command")
    found = next(
        (row for row in rehearsals if row.outcome is Outcome.SUCCEEDED and row.release.digest == release.digest), None
    )
    if found is None:
        return Migrations(known=False, sentence="not known: no rehearsal of this image has passed")
    if revision is not None and revision == found.revision:
        return Migrations(known=True, sentence=f"none: the database is at {revision} already")
    if revision is not None and found.revision_before not in (None, revision):
        why = f"it was rehearsed from {found.revision_before}, and the database is at {revision}"
        return Migrations(known=False, sentence=f"not known: {why}")
    each = found.migrations
    return Migrations(known=True, each=each, sentence="; ".join(map(str, each)) or "none, as the rehearsal showed")


def going_back(release: Release, live: Release | None, verdict: WayBack | None) -> str:
    """What becomes of a deployment that fails, or that somebody takes back."""
    if live is None:
        return "nothing runs there yet, so a release that fails is taken down"
    to = f"{live.version} is started again"
    if live.digest == release.digest:
        return f"{to}: the same image, with the configuration that it has now"
    if verdict is None:
        return f"{to} on the database as it is then; no rehearsal tells whether it works on it"
    if verdict.verdict is Verdict.COMPATIBLE:
        return f"{to}, and works on the database as it is then"
    if verdict.verdict is Verdict.NEEDS_DOWNGRADE:
        return f"migrations are taken back to {verdict.revision or 'the revision before'}, then {to}"
    return f"{to}, but does not work on the migrated database ({verdict.reason}); only a person restores the backup"
