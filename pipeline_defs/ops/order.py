"""Order: what a rollback is asked for, by a failed deployment or by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.ops.events import DEPLOYMENT, environment_key
from pipeline_defs.ops.log import stop
from pipeline_defs.ops.releases import (
    EnvironmentConfig,
    expect_usable,
    row_by_which_it_was_left,
    row_to_go_back_to,
)
from pipeline_defs.ops.stored import facts_of_run
from pipeline_defs.release.going_back import Going, GoingBackError, Leaving, Means, decide, verdict_on
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
    going: Going | None = None
    because_of: str = ""
    reason: str = ""
    frozen: bool = False


def order(
    context: dg.OpExecutionContext, app: App, environment: str, rows: Sequence[Row], config: EnvironmentConfig
) -> RollbackOrder:
    """What a rollback run asks for: a release of a person's choice, or after a failed deployment what ran before it.

    `rows` are the environment's history, newest first.
    """
    if config.because_of:
        return _answer(context, app, environment, rows, config)
    target = row_to_go_back_to(app, environment, rows, config)
    key = environment_key(app.name, environment)
    written = facts_of_run(context.instance, target.run, key, DEPLOYMENT, Deployment)
    release = next((each.release for each in reversed(written) if each.id == target.id), None)
    if release is None:
        raise stop(
            f"the run {target.run[:8]} that deployed {target.version} to {environment} of {app.name} is gone, and its record with it"
        )
    expect_usable(app, release)
    going = _going(context, app, environment, rows, target, config)
    return RollbackOrder(release=release, going=going, reason=config.reason, frozen=config.frozen)


def _answer(
    context: dg.OpExecutionContext, app: App, environment: str, rows: Sequence[Row], config: EnvironmentConfig
) -> RollbackOrder:
    answered = next((row for row in rows if row.id == config.because_of), None)
    if answered is None:
        raise stop(
            f"{environment} of {app.name} has no deployment {config.because_of}; see: shipline history {app.name}"
        )
    records = Lineage(context.instance).deployments(app, environment)
    failed = next((row for row in records if row.id == config.because_of and is_open(row)), None)
    return RollbackOrder(failed=failed, because_of=config.because_of, reason=config.reason)


def _going(
    context: dg.OpExecutionContext,
    app: App,
    environment: str,
    rows: Sequence[Row],
    target: Row,
    config: EnvironmentConfig,
) -> Going:
    """What becomes of the database: as a person says, else by the verdict of what runs on the way back to the target."""
    place = app.environments[environment]
    live = next(row for row in rows if row.live)
    rehearsals = Lineage(context.instance).environment(app, app.staging) if app.staging else []
    leaving = Leaving(
        live=live,
        target=target,
        left=row_by_which_it_was_left(rows, target),
        verdict=verdict_on(rehearsals, live.digest, target.digest, live.revision),
    )
    means = Means(
        migrates=place.migrate is not None, downgrades=place.downgrade is not None, restores=place.database is not None
    )
    try:
        return decide(config.choice, leaving, means, datetime.now(UTC))
    except GoingBackError as error:
        raise stop(f"{environment} of {app.name} stays at {live.version}: {error}") from None
