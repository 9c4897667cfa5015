"""Gate: whether a deployment may begin now: what was made before is not made again, what is barred is refused, some has to wait."""

from datetime import UTC, datetime

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.ops.attempt import note
from pipeline_defs.ops.log import Log, stop
from pipeline_defs.ops.rehearsals import rehearsed, rehearsing
from pipeline_defs.ops.releases import EnvironmentConfig
from pipeline_defs.release import once
from pipeline_defs.release.history import Row
from pipeline_defs.release.policy import frozen, not_rehearsed, quarantined
from pipeline_defs.release.quarantine import bars
from pipeline_defs.release.records import HELD, Deployment, Outcome, Release
from pipeline_defs.release.request import FREEZE, REHEARSAL, WAITS_FOR, is_automatic

MADE_BY = "made_by"
"""The run tag with the run whose deployment answers a request that made none of its own."""


def is_made(context: dg.OpExecutionContext, release: Release, rows: list[Row], log: Log) -> bool:
    """True for a request that a deployment of the same commit and configuration answers; the log and a tag say which.

    Raises dg.Failure where nobody in person asks and that deployment failed: it is not tried again by itself.
    """
    row = once.made_before(release, rows)
    if row is None or not _is_answered(context, row):
        return False
    said = once.sentence(release, row)
    context.instance.add_run_tags(context.run_id, {MADE_BY: row.run})
    if not row.live:
        raise stop(said)
    log.say(f"{said}; nothing is to be done")
    return True


def refuse(app: App, environment: str, release: Release, lineage: Lineage) -> None:
    """Refuse a release that is quarantined, whoever asks. That it is not older the server's lock guards. Raises dg.Failure."""
    refusal = quarantined(release, bars(release, lineage.quarantine(app, environment)))
    if refusal:
        raise stop(refusal)


def through(
    context: dg.OpExecutionContext, app: App, row: Deployment, config: EnvironmentConfig, lineage: Lineage
) -> Deployment:
    """The record of a deployment that may begin now, or that waits for a freeze or for its rehearsal to end.

    Raises dg.Failure for a person during a freeze, and for what was not rehearsed where the environment asks for that.
    """
    row = _through_freeze(context, app, row, config)
    return row if row.outcome in HELD else _through_rehearsal(context, app, row, lineage)


def wait(context: dg.OpExecutionContext, app: App, row: Deployment, log: Log) -> None:
    """Write down that a deployment waits, and end without one: the sensor `<app>_after_freeze` finds it by the run's tag."""
    for_what = FREEZE if row.outcome is Outcome.FROZEN else REHEARSAL
    context.instance.add_run_tags(context.run_id, {WAITS_FOR: for_what})
    note(context, row, app)
    log.say(f"{row.release.version} is made, and {row.error}")


def _is_answered(context: dg.OpExecutionContext, row: Row) -> bool:
    run = context.instance.get_run_by_id(row.run)
    mine = context.instance.get_run_record_by_id(context.run_id)
    return once.is_answered(
        row,
        automatic=is_automatic(context.run.tags),
        made_by_itself=run is not None and is_automatic(run.tags),
        asked=mine.create_timestamp.astimezone(UTC) if mine else datetime.now(UTC),
    )


def _through_freeze(context: dg.OpExecutionContext, app: App, row: Deployment, config: EnvironmentConfig) -> Deployment:
    """A freeze holds back what nobody in person asks for."""
    held = app.environments[row.environment].frozen(datetime.now(UTC))
    if held is None:
        return row
    if config.override_freeze and config.reason.strip():
        return row.model_copy(update={"freeze_overridden": held.window})
    if config.override_freeze:
        raise stop("to go through a freeze needs a reason, which is kept with the deployment")
    if not is_automatic(context.run.tags):
        raise stop(frozen(app.name, row.environment, held.local, held.window))
    until = held.until.isoformat(timespec="seconds")
    why = f"waits for the freeze to end at {held.local}"
    return row.model_copy(update={"outcome": Outcome.FROZEN, "frozen_until": until, "error": why})


def _through_rehearsal(context: dg.OpExecutionContext, app: App, row: Deployment, lineage: Lineage) -> Deployment:
    """A rehearsal of the release that is queued or runs holds it back, unless it has passed one already."""
    config, release = app.environments[row.environment], row.release
    passed = rehearsed(lineage, app, release.digest)
    if passed:
        return row
    its = app.staging is not None and app.environments[app.staging].rehearses == row.environment
    if config.wait_for_rehearsal and (its or config.require_rehearsal):
        run = rehearsing(context.instance, lineage, app, release.digest)
        if run is not None:
            why = f"waits for its rehearsal to end (run {run[:8]})"
            return row.model_copy(update={"outcome": Outcome.WAITING, "error": why})
    refusal = not_rehearsed(release, passed, config.require_rehearsal)
    if refusal:
        raise stop(refusal)
    return row
