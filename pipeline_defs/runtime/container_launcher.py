"""Container launcher: Dagster's own launcher, with a home and secrets as files, which stops a run without waiting for it."""

import os
from collections.abc import Mapping
from typing import Any

from dagster import DagsterRun
from dagster._core.launcher.base import LaunchRunContext
from dagster_docker import DockerRunLauncher
from dagster_docker.container_context import DockerContainerContext

LABEL = "shipline.service"
"""On each run's container: SHIPLINE_RUNS_KEY, a random word of the service. Containers have their images' labels too; no image knows it."""

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
        return context._replace(container_kwargs={**given, **files(os.environ), **hosts(os.environ)})

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run's container; of those whose run is over only the newest stay."""
        self._remove_old()
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

    def running(self) -> list[Any]:
        """The containers of this service's runs that have not ended, as docker-py has them. Raises DockerException."""
        return self._list(label=_mine(), status=["running", "paused"])

    def has_container(self, run: DagsterRun) -> bool:
        """True when a container of this run was started here, whatever became of it. Raises DockerException."""
        begun = ["running", "paused", "restarting", "exited", "dead", "removing"]
        return bool(self._list(label=[_mine(), f"dagster/run_id={run.run_id}"], status=begun))

    def _remove_old(self) -> None:
        never_started = self._list(label=_mine(), status="created")  # by a launcher that died
        for old in never_started + self._list(label=_mine(), status="exited")[KEPT:]:  # newest first
            old.remove()

    def _list(self, **filters: Any) -> list[Any]:
        import docker  # here, as every run's process loads this file, and none of them needs it

        client = docker.client.from_env()
        return list(client.containers.list(all=True, filters=filters, sparse=True, ignore_removed=True))


def _mine() -> str:
    return f"{LABEL}={os.environ['SHIPLINE_RUNS_KEY']}"


def hosts(environment: Mapping[str, str]) -> dict[str, Any]:
    """On a machine that is not the service's own: where a run's container finds the database, as an argument for docker-py."""
    main = environment.get("SHIPLINE_MAIN")
    return {"extra_hosts": {"database": main}} if main else {}


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
        "labels": {LABEL: environment["SHIPLINE_RUNS_KEY"]},
    }
