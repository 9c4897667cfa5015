"""Sensors: what starts jobs without a person, and what tells GitHub and people about them. Each is one app's own.

So each can be switched off alone (an app's branches or github sensor is the switch for its automation), a git host that is slow keeps
no other app waiting, and the UI says at each sensor which jobs it starts.
"""

from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.jobs import AssetJob
from pipeline_defs.sensors.branches import branches_sensor
from pipeline_defs.sensors.chaining import chaining_sensor
from pipeline_defs.sensors.drift import drift_sensor
from pipeline_defs.sensors.freeze import freeze_sensor
from pipeline_defs.sensors.github import github_sensor
from pipeline_defs.sensors.notify import notify_sensor
from pipeline_defs.sensors.recovery import recovery_sensors
from pipeline_defs.sensors.report import report_sensor


def sensors_of(app: App, jobs: Mapping[str, AssetJob]) -> list[dg.SensorDefinition]:
    """The sensors of one app; `jobs` are its jobs by name."""
    chaining = [chaining_sensor(app, jobs)] if app.staging else []
    changes = github_sensor(app, jobs) if app.github else branches_sensor(app, jobs)
    deployed = [freeze_sensor(app, jobs), drift_sensor(app)] if app.deployed else []
    reports = [report_sensor(app)] if app.github else []
    notices = [notify_sensor(app)] if app.notify else []
    return [changes, *chaining, *deployed, *recovery_sensors(app, jobs), *reports, *notices]
