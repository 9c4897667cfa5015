"""Sensors: what starts jobs without a person, and what tells GitHub and people about them. One of each kind looks after all apps."""

from collections.abc import Mapping, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.sensors.branches_sensor import branches_sensor
from pipeline_defs.orchestration.sensors.drift_sensor import drift_sensor
from pipeline_defs.orchestration.sensors.freeze_sensor import freeze_sensor
from pipeline_defs.orchestration.sensors.github_sensor import github_sensor
from pipeline_defs.orchestration.sensors.notify_sensor import notify_sensor
from pipeline_defs.orchestration.sensors.previews_sensor import previews_sensor
from pipeline_defs.orchestration.sensors.recovery_sensor import recovery_sensor
from pipeline_defs.orchestration.sensors.report_sensor import report_sensor
from pipeline_defs.orchestration.sensors.staging_sensor import chaining_sensor


def sensors_of(
    apps: Sequence[App],
    jobs: Mapping[str, AnyJob],
    source: SourceResource | None = None,
    github: GitHubResource | None = None,
) -> list[dg.SensorDefinition]:
    """The sensors of these apps, those that any of them needs; `jobs` are the apps' jobs by name.

    They are given their resources here: were Dagster to inject them, it would open its storage anew for each tick.
    """
    source, github = source or SourceResource(), github or GitHubResource()
    plain, on_github = [app for app in apps if not app.github], [app for app in apps if app.github]
    staged, deployed = [app for app in apps if app.staging], [app for app in apps if app.deployed]
    kept = [app for app in staged if app.stage.kept]
    notified = [app for app in apps if app.notify]
    return [
        *([branches_sensor(plain, jobs, source)] if plain else []),
        *([github_sensor(on_github, jobs, github), report_sensor(on_github, github)] if on_github else []),
        *([chaining_sensor(staged, jobs)] if staged else []),
        *([previews_sensor(kept, jobs)] if kept else []),
        *([freeze_sensor(deployed, jobs), drift_sensor(deployed), recovery_sensor(deployed, jobs)] if deployed else []),
        *([notify_sensor(notified)] if notified else []),
    ]
