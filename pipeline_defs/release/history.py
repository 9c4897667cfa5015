"""History: what became of every rehearsal and deployment, folded from the records that were written as they happened."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any, TypeVar

from pipeline_defs.release.deployed_changes import DeployedChanges
from pipeline_defs.release.evidence import Copy, Migration, Record, TestCounts, WayBack
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, OnHost, Outcome, Rehearsal
from pipeline_defs.release.version import Version

RUNNING = "running"
INTERRUPTED = "failed (interrupted)"

_Attempt = TypeVar("_Attempt", Deployment, Rehearsal)


class Row(Record):
    """One line of the history.

    `kind` is deploy, rollback, rehearsal, or exec for a command that a person ran.
    `outcome` is how it ended, "running" while its run lives, or "failed (interrupted)"
    where the run ended without writing an outcome. Of what a freeze has held back it is "frozen", `frozen_until` says until when,
    and `error` in a sentence. `freeze_overridden` is the window of a freeze that a person let it go through. `at` is ISO 8601, `seconds`
    how long it took, `live` marks what runs now.
    `configuration` is the hash of the release's configuration, `images` are its images where it has several.
    `way_back` is a rehearsal's verdict, and of a deployment the one it was made with; `backup` is a deployment's, and so is `hosts`,
    what came of it on each host where there are several, and `brought`, what the release before it had not. `unproved` says which
    tests fail of a release that serves after a rollback, and `failed_hooks` which hooks failed once it served;
    `needs_person` that the way back failed. `command`, `exit_status` and `host` are
    those of a person's command.
    """

    id: str
    at: str
    app: str
    environment: str
    kind: str
    outcome: str
    version: str
    digest: str
    commit: str
    run: str
    configuration: str = ""
    images: tuple[ReleasedImage, ...] = ()
    previous_version: str | None = None
    because_of: str | None = None
    tests: TestCounts | None = None
    e2e: TestCounts | None = None
    seconds: float = 0.0
    actor: str = ""
    reason: str = ""
    error: str | None = None
    live: bool = False
    revision_before: str | None = None
    revision: str | None = None
    migrations: tuple[Migration, ...] = ()
    copied: Copy | None = None
    way_back: WayBack | None = None
    backup: str | None = None
    frozen_until: str | None = None
    freeze_overridden: str | None = None
    hosts: tuple[OnHost, ...] = ()
    brought: DeployedChanges | None = None
    unproved: str | None = None
    failed_hooks: tuple[str, ...] = ()
    needs_person: bool = False
    command: str = ""
    exit_status: int | None = None
    host: str = ""

    @property
    def held(self) -> bool:
        """True where it was not begun: a freeze or a rehearsal held it back."""
        return self.outcome in HELD


def fold(events: Iterable[_Attempt]) -> list[_Attempt]:
    """The last word on each attempt, newest attempt first.

    `events` are in the order in which they were stored: of those with the same id the later one wins.
    """
    return sorted({event.id: event for event in events}.values(), key=lambda attempt: attempt.id, reverse=True)


def rows(attempts: Iterable[Deployment | Rehearsal], *, alive: Set[str], now: datetime) -> list[Row]:
    """Rows for folded attempts of one environment, newest first. `alive` are the runs that have not ended.

    What runs in an environment is the newest deployment that succeeded: any later one either failed before it changed
    anything or was rolled back to it.
    """
    result: list[Row] = []
    found_live = False
    for attempt in attempts:
        live = isinstance(attempt, Deployment) and attempt.outcome is Outcome.SUCCEEDED and not found_live
        found_live = found_live or live
        result.append(_row(attempt, alive=alive, now=now, live=live))
    held = waiting(result)
    return [row if row is held or not row.held else row.model_copy(update={"error": _over(row)}) for row in result]


def _over(row: Row) -> str:
    return f"a {'freeze' if row.frozen_until else 'rehearsal'} held it back; what came after it counts"


def waiting(rows: Sequence[Row]) -> Row | None:
    """The deployment that comes once a freeze, or its rehearsal, has ended: the newest one that was held back; None where it was
    overtaken.

    What was deployed or tried since then overtakes it with the same version or a newer one; an older one that a person brought
    through the freeze does not. `rows` are an environment's, newest first.
    """
    held = next((row for row in rows if row.held), None)
    if held is None:
        return None
    since = (row for row in rows if row.id > held.id and row.kind == DeploymentKind.DEPLOY)
    overtaken = any(Version.parse(row.version) >= Version.parse(held.version) for row in since)
    return None if overtaken else held


def trouble(rows: Sequence[Row]) -> str | None:
    """What a person has to know of an environment, in a sentence; None where there is nothing.

    That a way back failed since a release last succeeded, that the newest attempt was interrupted, or that the release which serves
    fails its own tests, or that a hook failed once it served. `rows` are newest first.
    """
    tried = [row for row in rows if row.kind != "rehearsal" and not row.held]
    live = next((row for row in tried if row.live), None)
    since = [row for row in tried if live is None or row.id > live.id]
    lost = next((row for row in since if row.needs_person), None)
    if lost is not None:
        return f"needs a person: the {lost.kind} of {lost.version} failed: {lost.error}"
    if since and since[0].outcome == INTERRUPTED:
        return f"the {since[0].kind} of {since[0].version} was interrupted, and what serves is not known until it is undone"
    if live is not None and live.unproved:
        return f"{live.version} serves, and fails its own tests: {live.unproved}"
    if live is not None and live.failed_hooks:
        return f"{live.version} serves, and a hook failed after that: {'; '.join(live.failed_hooks)}"
    return None


def _row(attempt: Deployment | Rehearsal, *, alive: Set[str], now: datetime, live: bool) -> Row:
    outcome, seconds, error = attempt.outcome.value, attempt.seconds, attempt.error
    if attempt.outcome is Outcome.STARTED and attempt.run in alive:
        outcome, seconds = RUNNING, round((now - datetime.fromisoformat(attempt.started)).total_seconds(), 1)
    elif attempt.outcome is Outcome.STARTED:
        outcome, error = INTERRUPTED, error or "its run ended without saying how"
    release = attempt.release
    return Row(
        id=attempt.id,
        at=attempt.started,
        app=release.app,
        environment=attempt.environment,
        outcome=outcome,
        version=release.version,
        digest=release.digest,
        commit=release.commit,
        run=attempt.run,
        configuration=release.configuration,
        images=release.images,
        tests=attempt.tests,
        e2e=attempt.e2e,
        seconds=seconds,
        actor=attempt.actor,
        error=error,
        live=live,
        revision_before=attempt.revision_before,
        revision=attempt.revision,
        way_back=attempt.way_back,
        **_of_deployment(attempt),
    )


def _of_deployment(attempt: Deployment | Rehearsal) -> dict[str, Any]:
    if isinstance(attempt, Rehearsal):
        return {"kind": "rehearsal", "migrations": attempt.migrations, "copied": attempt.copied}
    return {
        "kind": attempt.kind.value,
        "previous_version": attempt.previous.version if attempt.previous else None,
        "because_of": attempt.because_of,
        "reason": attempt.reason,
        "backup": attempt.backup,
        "frozen_until": attempt.frozen_until,
        "freeze_overridden": attempt.freeze_overridden,
        "hosts": attempt.hosts,
        "brought": attempt.brought,
        "unproved": attempt.unproved,
        "failed_hooks": attempt.failed_hooks,
        "needs_person": attempt.needs_person,
    }
