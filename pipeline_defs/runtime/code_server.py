"""Code server: Dagster's view of our definitions, held open, for those who put runs into the queue from their own process.

The one place that knows how Dagster makes a run from a job: `dagster job launch --run-id` does the same (dagster/_cli/job.py).
Dagster has no public way to choose a run's id; the test with two processes fails when this one changes.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from dagster import DagsterError, DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._api.list_repositories import sync_list_repositories_grpc
from dagster._core.definitions.selector import JobSubsetSelector
from dagster._core.remote_representation.code_location import CodeLocation, GrpcServerCodeLocation
from dagster._core.remote_representation.external import RemoteJob
from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster._core.workspace.load_target import GrpcServerTarget, WorkspaceFileTarget, WorkspaceLoadTarget

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.home import PROJECT

LOCATION = "shipline"
_REPOSITORY = "__repository__"


class CodeServerUnavailable(ShiplineError):
    """The definitions cannot be asked for a job; the message is a sentence."""


class CodeServer:
    """The definitions behind the address that workspace.yaml names, as the web server and the daemon see them."""

    def __init__(self, instance: DagsterInstance, target: WorkspaceLoadTarget | None = None) -> None:
        """Connects once and stays: Dagster watches the server and reads it anew when it was reloaded or started again."""
        self._process = WorkspaceProcessContext(
            instance, target or WorkspaceFileTarget([str(PROJECT / "workspace.yaml")])
        )

    def create(
        self,
        instance: DagsterInstance,
        run_id: str,
        job: str,
        config: Mapping[str, Any],
        tags: Mapping[str, str],
        *,
        planned: bool,
    ) -> DagsterRun:
        """Write a run with this id into the storage. Raises DagsterRunAlreadyExists when somebody else has.

        A run that is not `planned` is written for the record alone: no asset waits for it, nor shows as failed for its sake.
        """
        location, remote = self._job(job)
        plan = None
        if planned:
            plan = location.get_execution_plan(remote, config, None, None, instance=instance).execution_plan_snapshot
        return instance.create_run(
            job_name=job,
            run_id=run_id,
            run_config=config,
            status=DagsterRunStatus.NOT_STARTED,
            tags={**remote.run_tags, **tags},
            root_run_id=None,
            parent_run_id=None,
            step_keys_to_execute=None,
            execution_plan_snapshot=plan,
            job_snapshot=remote.job_snapshot,
            parent_job_snapshot=remote.parent_job_snapshot,
            asset_selection=None,
            asset_check_selection=None,
            resolved_op_selection=remote.resolved_op_selection,
            op_selection=None,
            remote_job_origin=remote.get_remote_origin(),
            job_code_origin=remote.get_python_origin(),
            asset_graph=location.get_repository(_REPOSITORY).asset_graph,
        )

    def submit(self, instance: DagsterInstance, run_id: str) -> None:
        """Put a run that was created into the queue."""
        instance.submit_run(run_id, self._workspace())

    def sensors(self) -> set[str]:
        """The names of the sensors in the definitions; the process that holds them is asked anew. Raises CodeServerUnavailable."""
        location = self._loaded()
        assert isinstance(location, GrpcServerCodeLocation), "as workspace.yaml has it"
        try:
            sync_list_repositories_grpc(location.client)
        except DagsterError as error:
            raise CodeServerUnavailable(_unreachable(str(error))) from None
        return {sensor.name for sensor in location.get_repository(_REPOSITORY).get_sensors()}

    def close(self) -> None:
        """End the connection, and the thread that watches it."""
        self._process.__exit__(None, None, None)

    def _loaded(self) -> CodeLocation:
        """The location; where it is not loaded it is tried once more."""
        workspace = self._workspace()
        if not workspace.has_code_location(LOCATION):
            self._process.refresh_code_location(LOCATION)
            workspace = self._workspace()
        if not workspace.has_code_location(LOCATION):
            error = workspace.get_code_location_error(LOCATION)
            raise CodeServerUnavailable(_unreachable(error.message if error else ""))
        return workspace.get_code_location(LOCATION)

    def _job(self, name: str) -> tuple[CodeLocation, RemoteJob]:
        """The location and the job in it; read anew once when there is no such job, for an app may have come since."""
        for again in (False, True):
            if again:
                self._process.refresh_code_location(LOCATION)
            workspace = self._workspace()
            if not workspace.has_code_location(LOCATION):
                continue
            location = workspace.get_code_location(LOCATION)
            if location.get_repository(_REPOSITORY).has_job(name):
                return location, location.get_job(JobSubsetSelector(LOCATION, _REPOSITORY, name, None))
        if workspace.has_code_location(LOCATION):
            raise CodeServerUnavailable(f"the definitions that are loaded have no job {name}; reload them in Dagster")
        raise CodeServerUnavailable("the process that holds the definitions does not answer; it is asked again")

    def _workspace(self) -> WorkspaceRequestContext:
        return self._process.create_request_context()


def target_at(address: str) -> GrpcServerTarget:
    """A code server by its address: `unix:/path`, or `host:port`."""
    if address.startswith("unix:"):
        return GrpcServerTarget("localhost", None, address.removeprefix("unix:"), LOCATION)
    host, _, port = address.rpartition(":")
    return GrpcServerTarget(host, int(port), None, LOCATION)


def _unreachable(error: str) -> str:
    """A sentence with the first line of what Dagster says."""
    said = (error.strip().splitlines() or ["it still loads them"])[0]
    return f"the definitions cannot be asked: {said}; look at the code server's log"


class FollowedCodeServer:
    """The code server of a Shipline that may end and come back at another address while this process lives."""

    def __init__(self, instance: DagsterInstance, address: Callable[[], str | None]) -> None:
        """`address` is where it is now (`unix:/path` or `host:port`), None while Shipline does not run. Nothing is asked yet."""
        self._instance, self._address = instance, address
        self._connected: tuple[str, CodeServer] | None = None

    def get(self) -> CodeServer:
        """The connection to where it is now. Raises CodeServerUnavailable."""
        address = self._address()
        if address is None:
            raise CodeServerUnavailable("Shipline does not run; start it with: shipline up")
        if self._connected is not None and self._connected[0] != address:
            self.close()
        if self._connected is None:
            self._connected = address, CodeServer(self._instance, target_at(address))
        return self._connected[1]

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._connected is not None:
            self._connected[1].close()
            self._connected = None


@functools.cache
def code_server() -> CodeServer:
    """This process's connection, made at the first use and kept. Raises CodeServerUnavailable where no address is set."""
    try:
        return CodeServer(DagsterInstance.get())
    except Exception as error:  # Dagster raises one of many for a variable that is not set
        raise CodeServerUnavailable(
            f"no code server is known here; start Shipline with: shipline up ({error})"
        ) from None
