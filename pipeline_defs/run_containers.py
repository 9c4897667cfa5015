"""Run containers: Dagster's own launcher, with a home and secrets as files, which stops a run without waiting for it."""

import os
from collections.abc import Mapping
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher.base import LaunchRunContext
from dagster_docker import DockerRunLauncher
from dagster_docker.container_context import DockerContainerContext

LABEL = "shipline.service"
"""On each run's container: the name of the service that started it."""

KEPT = 20
"""Containers of runs that are over, for `docker logs` and `docker inspect` to say why one died."""


class RunContainers(DockerRunLauncher):
    """The launcher that docker/dagster.yaml names as `run_launcher`. It takes the same settings, and each run has a container.

    What a container finds as files depends on where the service's folder is: SHIPLINE_SERVICE, on the machine itself.
    """

    def get_container_context(self, dagster_run: DagsterRun) -> DockerContainerContext:
        """The settings of dagster.yaml, with the files of this service."""
        context = super().get_container_context(dagster_run)
        given = dict(context.container_kwargs)
        return context._replace(container_kwargs={**given, **files(os.environ)})

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run's container; of those whose run is over only the newest stay."""
        self._remove_old(context.dagster_run)
        super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        """Ask a run to stop, and do not wait: it undoes what is not final first, and that may take minutes.

        Dagster's own launcher waits, and kills after ten seconds. False where nothing runs that could be asked.
        """
        from docker.errors import APIError  # here, as every run's process loads this file, and few stop a run

        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        try:
            container = self._get_container(run)  # type: ignore[no-untyped-call]
            if container is not None:
                container.kill("SIGTERM")
                return True
            why = "it has no container"
        except APIError as error:  # such as one that has ended already
            why = str(error.explanation)
        self._instance.report_engine_event(f"The run cannot be asked to stop: {why}", dagster_run=run, cls=type(self))
        return False

    def _remove_old(self, run: DagsterRun) -> None:
        client = self._get_client(self.get_container_context(run))
        mine = {"label": f"{LABEL}={os.environ['SHIPLINE_PROJECT']}", "status": "exited"}
        for old in client.containers.list(filters=mine, sparse=True, ignore_removed=True)[KEPT:]:  # newest first
            old.remove()


def files(environment: Mapping[str, str]) -> dict[str, Any]:
    """What a run's container gets of the service's folder, as arguments of docker-py's `containers.create`.

    The home has the same path inside as on the machine: what a run gives to the Engine, as the folder of a build or of a test's
    results, the Engine looks for on the machine. Raises KeyError for a variable that compose.yaml does not set.
    """
    service, home = environment["SHIPLINE_SERVICE"], environment["SHIPLINE_HOME"]
    return {
        "volumes": [
            f"{home}:{home}",
            f"{service}/secrets:/run/secrets:ro",
            f"{service}/own/pgpass:{environment['PGPASSFILE']}:ro",
        ],
        "labels": {LABEL: environment["SHIPLINE_PROJECT"]},
    }
