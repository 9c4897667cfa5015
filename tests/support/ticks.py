"""Ticks: sensors as the daemon runs them, with Dagster's storage and what the tick before left there."""

import time
from collections.abc import Sequence
from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.orchestration.jobs import jobs_of
from pipeline_defs.orchestration.sensors import app_threads, sensors_of
from pipeline_defs.runtime.automation.entries import read_entry, write_entries

app_threads.PATIENCE = app_threads.ALONE = 50.0  # a busy machine is no slow repository
app_threads.LONGEST = 55.0


class Ticking:
    """The sensors of some apps on a storage."""

    def __init__(self, instance: dg.DagsterInstance, *apps: App, **resources: Any) -> None:
        """`resources` are those that the sensors are given."""
        self.instance = instance
        self._apps, self._resources = apps, resources
        self.cursors: dict[str, str | None] = {}
        self.restart()

    def restart(self, *apps: App) -> None:
        """As after a reload: the sensors of these apps, or of the same again; what they remembered in their process is gone."""
        self._apps = apps or self._apps
        jobs = {job.name: job for app in self._apps for job in jobs_of(app)}
        made: Sequence[dg.SensorDefinition] = sensors_of(self._apps, jobs, **self._resources)
        self.sensors = {sensor.name: sensor for sensor in made}
        assets = [spec for app in self._apps for asset in assets_of(app) for spec in asset.specs]
        self._repository = dg.Definitions(assets=assets).get_repository_def()

    def tick(self, sensor: str, *, preview: bool = False, lost: bool = False) -> Any:
        """One tick; gives what Dagster makes of it. A preview, or one that is lost on the way to the daemon, leaves no cursor."""
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=self.cursors.get(sensor),
            repository_def=self._repository,
            last_sensor_start_time=None if preview else time.time(),
        )
        told = self.sensors[sensor].evaluate_tick(context)
        if not (preview or lost):
            self.cursors[sensor] = told.cursor
        return told

    def entry(self, app: str, kind: str) -> str | None:
        """How far a sensor has come with an app, as far as it is stored."""
        return read_entry(self.instance, app, kind)

    def set_entry(self, app: str, kind: str, text: str) -> None:
        """Put an entry there."""
        write_entries(self.instance, kind, {app: text})
