"""Rollback order: what a rollback is asked for, by a failed deployment or by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline_defs.deployments.deployment_request import Wanted
from pipeline_defs.deployments.protocols import DeploymentError, Place
from pipeline_defs.deployments.release_choice import expect_usable, row_by_which_it_was_left, row_to_go_back_to
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.database_rollback import (
    DatabaseRollbackError,
    Leaving,
    Means,
    RollbackDecision,
    decide,
    verdict_on,
)
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Deployment, Release
from pipeline_defs.release.recovery import is_open


@dataclass(frozen=True)
class RollbackOrder:
    """What a rollback is asked for.

    Attributes:
        release: where to go back to; None: make what serves the release that the server says it runs.
        failed: the deployment that is undone by it and whose record is still open, if there is one.
        going: with a release: what becomes of the database.
        because_of: the id of the deployment that is answered.
        reason: why, in a person's words.
        frozen: with a release: it gets the settings that it had, not those of today.
    """

    release: Release | None = None
    failed: Deployment | None = None
    going: RollbackDecision | None = None
    because_of: str = ""
    reason: str = ""
    frozen: bool = False


def order(place: Place, wanted: Wanted, lineage: Lineage) -> RollbackOrder:
    """What a rollback run asks for: a release of a person's choice, or after a failed deployment what ran before it.

    Raises DeploymentError.
    """
    app, environment = place.app, place.environment
    rows = lineage.environment(app, environment)
    if wanted.because_of:
        return _answer(place, rows, wanted, lineage)
    target = row_to_go_back_to(app, environment, rows, wanted)
    release = lineage.release_of(app, environment, target)
    if release is None:
        raise DeploymentError(
            f"the run {target.run[:8]} that deployed {target.version} to {environment} of {app.name} is gone, and its record with it"
        )
    expect_usable(app, release)
    going = _going(place, rows, target, wanted, lineage)
    return RollbackOrder(release=release, going=going, reason=wanted.reason, frozen=wanted.frozen_settings)


def _answer(place: Place, rows: Sequence[Row], wanted: Wanted, lineage: Lineage) -> RollbackOrder:
    answered = next((row for row in rows if row.id == wanted.because_of), None)
    if answered is None:
        raise DeploymentError(f"{place} has no deployment {wanted.because_of}; see: shipline history {place.app.name}")
    records = lineage.deployments(place.app, place.environment)
    failed = next((row for row in records if row.id == wanted.because_of and is_open(row)), None)
    return RollbackOrder(failed=failed, because_of=wanted.because_of, reason=wanted.reason)


def _going(place: Place, rows: Sequence[Row], target: Row, wanted: Wanted, lineage: Lineage) -> RollbackDecision:
    """What becomes of the database: as a person says, else by the verdict of what runs on the way back to the target."""
    app, config = place.app, place.app.environments[place.environment]
    live = next(row for row in rows if row.live)
    rehearsals = lineage.environment(app, app.staging) if app.staging else []
    leaving = Leaving(
        live=live,
        target=target,
        left=row_by_which_it_was_left(rows, target),
        verdict=verdict_on(rehearsals, live.digest, target.digest, live.revision),
    )
    means = Means(
        migrates=config.migrate is not None,
        downgrades=config.downgrade is not None,
        restores=config.database is not None,
    )
    try:
        return decide(wanted.database, leaving, means, datetime.now(UTC))
    except DatabaseRollbackError as error:
        raise DeploymentError(f"{place} stays at {live.version}: {error}") from None
