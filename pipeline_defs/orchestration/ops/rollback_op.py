"""Rollback op: the op that brings an environment back to a release that worked."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.deploy import Ended
from pipeline_defs.deployments.protocols import Outside, Place
from pipeline_defs.deployments.rollback import rollback
from pipeline_defs.deployments.rollback_order import RollbackOrder
from pipeline_defs.deployments.stage_log import open_log
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource

_DOES = """Goes back to a release that worked on {hosts}, and verifies it like a deployment. Runs only after a deployment that \
failed, or where going back is what the run is for; else it is skipped."""


def rollback_op(app: App, environment: str) -> dg.OpDefinition:
    """The op `<app>_<environment>_rollback`. It runs only when the deploy op orders it, and doing it twice is harmless."""
    place = Place(app, environment)

    @dg.op(name=f"{app.name}_{environment}_rollback", description=_DOES.format(hosts=place.site.hosts))
    def rollback_(
        context: dg.OpExecutionContext,
        order: RollbackOrder,
        source: SourceResource,
        registry: RegistryResource,
        ssh: SshResource,
    ) -> Ended:
        with open_log(context) as log:
            return rollback(place, order, OpRun(context, app), log, Outside(source, registry, ssh))

    return rollback_
