"""Deploy op: the op that brings a release into an environment that people use."""

from collections.abc import Iterator, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.deployments.deploy import Ended, NotBegun, deploy
from pipeline_defs.deployments.protocols import Outside, Place
from pipeline_defs.deployments.rollback_order import RollbackOrder, order
from pipeline_defs.deployments.stage_log import open_log
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import environment_key, skipped
from pipeline_defs.orchestration.environment_config import EnvironmentConfig
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.orchestration.serving_release import serves_on
from pipeline_defs.release.records import DeploymentKind
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource

_DOES = """Deploys the release to {hosts}: backup, pull, start, migrate, test, end-to-end tests. What would be wrong is refused \
before anything is changed; what fails afterwards is undone by the next op."""


def deploy_op(app: App, environment: str, upstream: Sequence[str]) -> dg.OpDefinition:
    """The op `<app>_<environment>_deploy`.

    Its output `live` says that the release runs; `back` asks the next op to go back, because the deployment failed after
    something had been changed, or because going back is what the run is for. `upstream` names its inputs.
    """
    place = Place(app, environment)

    @dg.op(
        name=f"{app.name}_{environment}_deploy",
        ins={name: dg.In(dg.Nothing) for name in upstream},
        out={"live": dg.Out(Ended, is_required=False), "back": dg.Out(RollbackOrder, is_required=False)},
        description=_DOES.format(hosts=place.site.hosts),
    )
    def deploy_(
        context: dg.OpExecutionContext,
        config: EnvironmentConfig,
        source: SourceResource,
        registry: RegistryResource,
        ssh: SshResource,
    ) -> Iterator[dg.Output[Ended] | dg.Output[RollbackOrder]]:
        with open_log(context, app) as log:
            run, wanted = OpRun(context, app), config.wanted()
            outside, requester = Outside(source, registry, ssh), config.requester(context)
            try:
                if config.kind_in(context) is DeploymentKind.ROLLBACK:
                    came: Ended | RollbackOrder | NotBegun = order(place, wanted, run.lineage)
                else:
                    came = deploy(place, wanted, requester, run, log, outside)
            except ShiplineError:
                for event in serves_on(app, environment, run.lineage):
                    context.log_event(event)
                raise
            match came:
                case Ended() as ended:
                    yield dg.Output(ended, "live")
                case RollbackOrder() as back:
                    yield dg.Output(back, "back")
                case NotBegun(why):  # the op has no output then, beside which it could be said
                    key = environment_key(app.name, environment)
                    context.log_event(
                        dg.AssetObservation(key, description=f"not deployed: {why}", metadata=skipped(why))
                    )

    return deploy_
