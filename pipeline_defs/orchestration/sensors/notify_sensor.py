"""Notify sensor: people are told what happened. Nothing waits for it: what a service has not taken is sent later."""

import time
from collections.abc import Mapping, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current_config import current_or_loaded
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.orchestration.sensors.sensor_tick import Found, by_name, is_preview, tend
from pipeline_defs.orchestration.sensors.storage_activity import Activity
from pipeline_defs.orchestration.sensors.tick_order import SECONDS
from pipeline_defs.runtime.automation.entries import NOTIFY

_LONGEST_PAUSE = 300.0
_OTHERS = 30.0
"""Seconds between two looks at apps whose runs have not changed while something has: it may be drift, or a person's word."""

_FEW = 10
"""Apps that are all looked at whenever something has happened."""


def notify_sensor(apps: Sequence[App]) -> dg.SensorDefinition:
    """The sensor `notify`. It reads what runs left behind, sends messages, and starts no job. `apps` are those that want any.

    An app's entry is the memory of what was told and what is still to be sent; without one it begins with what happens from now on.
    """
    named, rounds = by_name(apps), Rounds[Found](NOTIFY, SECONDS, _LONGEST_PAUSE)
    activity, others = Activity(), [0.0]

    @dg.sensor(
        name=NOTIFY,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Sends messages about apps to the places that the key notify of their files names. No run waits for it. What a service does "
            "not take is sent again in growing distances, for a day. Switch it off and nobody is told; try an app's addresses with: "
            "shipline notify APP --test"
        ),
    )
    def notify(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        # Every run's process loads the sensors; none of them looks, so none has to wait for these imports.
        from pipeline_defs.notifications.notifications_tick import has_work, tell

        if is_preview(context):
            return dg.SkipReason("a preview sends nothing")
        instance = lasting_instance(context)

        def due(_: dg.DagsterInstance, entries: Mapping[str, str]) -> set[str]:
            changed, now = activity.apps(instance), time.monotonic()
            if changed is None or (changed and now - others[0] >= (_OTHERS if len(named) > _FEW else 0.0)):
                others[0] = now
                return set(named)
            return {name for name in named if name in changed or name not in entries or has_work(entries[name])}

        def look(app: App, entry: str | None) -> Found:
            said, now = tell(instance, current_or_loaded(app), entry)
            return Found(entry=now, said=said)

        return tend(context, NOTIFY, named, rounds, look, due=due)

    return notify
