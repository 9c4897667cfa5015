"""Drift: the servers are looked at once a minute, and what is not as the lineage says becomes a failed check."""

import json
import time

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current import current_or_loaded
from pipeline_defs.drift import drift_of, evaluation
from pipeline_defs.history import Lineage
from pipeline_defs.launch import UNFINISHED
from pipeline_defs.ops.events import environment_key
from pipeline_defs.ops.log import EXPECTED
from pipeline_defs.release.pauses import Pauses

SECONDS = 60

_LONGEST_PAUSE = 900.0
"""Seconds between two looks at a server that does not answer."""


def drift_sensor(app: App) -> dg.SensorDefinition:
    """The sensor `<app>_drift`. It writes when what it sees has changed, so that a year of looks is not a year of events.

    A server that cannot be looked at is looked at in growing distances.
    """
    pauses = Pauses(SECONDS - 1, _LONGEST_PAUSE, time.monotonic)

    @dg.sensor(
        name=f"{app.name}_drift",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        asset_selection=dg.AssetSelection.assets(*(environment_key(app.name, name) for name in app.deployed)),
        description=(
            f"Looks at the servers of {app.name} once a minute: what runs there by hand, or no longer, is a failed check of the "
            "environment. It starts nothing. Switch it off and drift is seen by the check alone, when a person executes it."
        ),
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        before: dict[str, list[str]] = json.loads(context.cursor or "{}")
        now, events = dict(before), []
        as_it_is = current_or_loaded(app)
        for environment in app.deployed:
            if pauses.rests(environment):
                continue
            key = environment_key(app.name, environment)
            wanted = dg.RunsFilter(tags={"target": key.to_user_string()}, statuses=list(UNFINISHED))
            if context.instance.get_runs(wanted, limit=1):  # it is being changed
                continue
            try:
                found = drift_of(as_it_is, environment, Lineage(context.instance))
            except EXPECTED as error:
                if pauses.failed(environment):
                    context.log.warning(f"{error}; looked at again in growing distances")
                continue
            (pauses.failed if found.lost else pauses.worked)(environment)
            now[environment] = [*found.said, *found.lost]
            if now[environment] != before.get(environment):
                events.append(evaluation(key, found))
        said = "; ".join(sentence for sentences in now.values() for sentence in sentences)
        return dg.SensorResult(
            asset_events=events, cursor=json.dumps(now), skip_reason=said or "what runs is what the lineage says"
        )

    return look
