"""Sensors: what starts jobs without a person, and what tells GitHub and people about them. One of each kind looks after all apps."""

from collections.abc import Mapping, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.jobs import AssetJob
from pipeline_defs.resources.github_resource import GitHubResource
from pipeline_defs.resources.source_resource import SourceResource
from pipeline_defs.sensors.branches import branches_sensor
from pipeline_defs.sensors.chaining import chaining_sensor
from pipeline_defs.sensors.drift import drift_sensor
from pipeline_defs.sensors.freeze import freeze_sensor
from pipeline_defs.sensors.github import github_sensor
from pipeline_defs.sensors.notify import notify_sensor
from pipeline_defs.sensors.recovery import recovery_sensor
from pipeline_defs.sensors.report import report_sensor


def sensors_of(
    apps: Sequence[App],
    jobs: Mapping[str, AssetJob],
    source: SourceResource | None = None,
    github: GitHubResource | None = None,
) -> list[dg.SensorDefinition]:
    """The sensors of these apps, those that any of them needs; `jobs` are the apps' jobs by name.

    They are given their resources here: were Dagster to inject them, it would open its storage anew for each tick.
    """
    source, github = source or SourceResource(), github or GitHubResource()
    plain, on_github = [app for app in apps if not app.github], [app for app in apps if app.github]
    staged, deployed = [app for app in apps if app.staging], [app for app in apps if app.deployed]
    notified = [app for app in apps if app.notify]
    return [
        *([branches_sensor(plain, jobs, source)] if plain else []),
        *([github_sensor(on_github, jobs, github), report_sensor(on_github, github)] if on_github else []),
        *([chaining_sensor(staged, jobs)] if staged else []),
        *([freeze_sensor(deployed, jobs), drift_sensor(deployed), recovery_sensor(deployed, jobs)] if deployed else []),
        *([notify_sensor(notified)] if notified else []),
    ]
