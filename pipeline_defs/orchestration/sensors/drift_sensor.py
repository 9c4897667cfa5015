"""Drift sensor: the servers are looked at once a minute, and what is not as the lineage says becomes a failed check."""

import json
import logging
import time
from collections.abc import Sequence
from functools import partial

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.current_config import current_or_loaded
from pipeline_defs.deployments.drift import drift_of
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.drift_check import evaluation
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.orchestration.sensors.sensor_tick import Found, by_name, tend
from pipeline_defs.orchestration.sensors.tick_order import Turns
from pipeline_defs.release.backoff import Backoff
from pipeline_defs.runtime.automation.entries import DRIFT
from pipeline_defs.runtime.run_statuses import UNFINISHED

SECONDS = 60

_LONGEST_PAUSE = 900.0
"""Seconds between two looks at a server that does not answer."""

_MOST = 30
"""Apps whose servers are looked at in one tick: each takes a connection over SSH to every host."""

_PATIENCE = 20.0  # nobody waits for drift

_log = logging.getLogger(__name__)


def drift_sensor(apps: Sequence[App]) -> dg.SensorDefinition:
    """The sensor `drift`. It writes when what it sees has changed, so that a year of looks is not a year of events.

    A server that cannot be looked at is looked at less and less often. An app's entry is what was seen last, {environment: sentences}.
    `apps` are those with environments that are deployed to.
    """
    pauses = Backoff(SECONDS - 1, _LONGEST_PAUSE, time.monotonic)
    rounds: Rounds[Found] = Rounds(DRIFT, SECONDS, _LONGEST_PAUSE, patience=_PATIENCE)
    turns, named = Turns(_MOST), by_name(apps)

    @dg.sensor(
        name=DRIFT,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        asset_selection=dg.AssetSelection.assets(
            *(environment_key(app.name, name) for app in apps for name in app.deployed)
        ),
        description=(
            "Looks at the apps' servers once a minute: what runs there by hand, or no longer, is a failed check of the environment. It "
            "starts nothing. Switch it off and drift is seen by the check alone, when a person executes it."
        ),
    )
    def drift(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return tend(
            context, DRIFT, named, rounds, partial(_look, lasting_instance(context), pauses), expected=(ShiplineError,),
            idle="what runs is what the lineage says", due=lambda _instance, _entries: turns.next(named),
        )  # fmt: skip

    return drift


def _look(instance: dg.DagsterInstance, pauses: Backoff, loaded: App, entry: str | None) -> Found:
    """Look at the servers of one app."""
    before: dict[str, list[str]] = json.loads(entry or "{}")
    now, events = dict(before), []
    app = current_or_loaded(loaded)
    for environment in loaded.deployed:
        place = f"{app.name} {environment}"
        if pauses.rests(place):
            continue
        key = environment_key(app.name, environment)
        wanted = dg.RunsFilter(tags={"target": key.to_user_string()}, statuses=list(UNFINISHED))
        if instance.get_runs(wanted, limit=1):  # it is being changed
            continue
        try:
            found = drift_of(app, environment, Lineage(instance))
        except ShiplineError as error:
            if pauses.failed(place):
                _log.warning("%s: %s; looked at again less and less often", place, error)
            continue
        (pauses.failed if found.lost else pauses.worked)(place)
        now[environment] = [*found.said, *found.lost]
        if now[environment] != before.get(environment):
            events.append(evaluation(key, found))
    said = "; ".join(sentence for sentences in now.values() for sentence in sentences)
    return Found(entry=json.dumps(now), events=events, said=said)
