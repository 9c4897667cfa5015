"""Gate: what an admission means for a run: it goes on, has nothing to do, waits, or is refused."""

from datetime import UTC
from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.admission import ask
from pipeline_defs.history import Lineage
from pipeline_defs.ops.attempt import note
from pipeline_defs.ops.log import Log, stop
from pipeline_defs.ops.releases import EnvironmentConfig
from pipeline_defs.release.admission import Admission, Requester
from pipeline_defs.release.records import Deployment, Outcome, Release
from pipeline_defs.release.request import FREEZE, REHEARSAL, WAITS_FOR, is_automatic
from pipeline_defs.release.run_tags import MADE_BY


def requester_of(context: dg.OpExecutionContext, config: EnvironmentConfig) -> Requester:
    """Who asks for a run."""
    mine = context.instance.get_run_record_by_id(context.run_id)
    return Requester(
        automatic=is_automatic(context.run.tags),
        asked=mine.create_timestamp.astimezone(UTC) if mine else None,
        override_freeze=config.override_freeze,
        reason=config.reason,
    )


def admission_of(
    context: dg.OpExecutionContext, app: App, environment: str, release: Release, requester: Requester
) -> Admission:
    """Whether a release may be deployed by this run, as far as that is known before its servers are asked.

    A request that another deployment answers is tagged with that one's run. Raises dg.Failure for what is refused.
    """
    found = ask(app, environment, release, Lineage(context.instance), requester)
    if found.made_by is not None:
        context.instance.add_run_tags(context.run_id, {MADE_BY: found.made_by.run})
    if found.refusal:
        raise stop(found.refusal)
    return found


def recorded(found: Admission) -> dict[str, Any]:
    """What an admission adds to the record of a deployment."""
    waits = found.waits_until
    held = {"outcome": waits.outcome, "frozen_until": waits.until, "error": waits.sentence} if waits else {}
    return {**held, "way_back": found.way_back, "freeze_overridden": found.freeze_overridden}


def wait(context: dg.OpExecutionContext, app: App, row: Deployment, log: Log) -> None:
    """Write down that a deployment waits, and end without one: the sensor `freeze` finds it by the run's tag."""
    for_what = FREEZE if row.outcome is Outcome.FROZEN else REHEARSAL
    context.instance.add_run_tags(context.run_id, {WAITS_FOR: for_what})
    note(context, row, app)
    log.say(f"{row.release.version} is made, and {row.error}")
