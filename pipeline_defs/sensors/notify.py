"""Notify: people are told what happened. Nothing waits for it: what a service has not taken is sent later."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current import current_or_loaded
from pipeline_defs.sensors.branches import SECONDS


def notify_sensor(app: App) -> dg.SensorDefinition:
    """The sensor `<app>_notify`. It reads what runs left behind, sends messages, and starts no job.

    Its cursor is the memory of what was told and what is still to be sent; without one it begins with what happens from now on.
    """

    @dg.sensor(
        name=f"{app.name}_notify",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Sends messages about {app.name} to {', '.join(dict.fromkeys(each.place for each in app.notify))}, as the key notify "
            "of the app's file asks for. No run waits for it. What a service does not take is sent again in growing distances, for "
            "a day. Switch it off and nobody is told; try the addresses with: "
            f"shipline notify {app.name} --test"
        ),
    )
    def notify(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        # Every run's process loads the sensors; none of them looks, so none has to wait for these imports.
        from pipeline_defs.notices.tick import tick

        return tick(context, current_or_loaded(app))

    return notify
