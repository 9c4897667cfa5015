"""Stage op: the op that rehearses a release against a restored copy of the production database."""

from collections.abc import Iterator

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.protocols import Outside, Place
from pipeline_defs.deployments.rehearse import rehearse
from pipeline_defs.deployments.stage_log import open_log, stop
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import environment_key, image_key, provenance, skipped
from pipeline_defs.lineage.metadata import last_words, links, rehearsal_metadata
from pipeline_defs.orchestration.environment_config import EnvironmentConfig
from pipeline_defs.orchestration.image_assets import image_inputs, versions_used
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.orchestration.rehearsal_checks import check_results, check_specs
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.release.request import is_automatic
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource

RESULT = "result"
"""The output that is the asset."""


def stage_op(app: App, environment: str) -> dg.OpDefinition:
    """The op `<app>_<environment>_stage`; a rehearsal that passed is the asset's materialization, any other an observation.

    Both have the results of the asset's checks, as far as the rehearsal came. Each check is an output under its own name.
    """
    place = Place(app, environment)
    config_ = place.site.config
    checks = check_specs(environment_key(app.name, environment), config_)
    passed = {spec.get_python_identifier(): dg.Out(dg.Nothing, is_required=False) for spec in checks}

    @dg.op(
        name=f"{app.name}_{environment}_stage",
        ins={name: dg.In(dg.Nothing) for name in ("image", *image_inputs(app))},
        out={RESULT: dg.Out(dg.Nothing), **passed},
        description=f"Rehearses the release on {config_.host} with a fresh copy of {config_.rehearses}'s database.",
    )
    def stage(
        context: dg.OpExecutionContext,
        config: EnvironmentConfig,
        source: SourceResource,
        registry: RegistryResource,
        ssh: SshResource,
    ) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        with open_log(context, app) as log:
            outside = Outside(source, registry, ssh)
            run = OpRun(context, app)
            row = rehearse(place, config.wanted(), run, log, outside, reuse=is_automatic(context.run.tags))
            run.say_outcome(row)
            yield from check_results(row, config_)
            if row.outcome is not Outcome.SUCCEEDED:
                raise stop(f"the rehearsal of {row.release.version} failed: {row.error}", shown=last_words(row))
            yield _passed(app, row)

    return stage


def _passed(app: App, row: Rehearsal) -> dg.Output[None]:
    """The asset's materialization."""
    done_before = skipped(f"rehearsed before the merge by run {row.reused[:8]}") if row.reused else {}
    return dg.Output(
        None,
        RESULT,
        metadata={**rehearsal_metadata(row), **links(app, row), **done_before},
        data_version=dg.DataVersion(row.release.digest),
        tags=provenance({image_key(app.name): row.release.digest, **versions_used(app, row.release)}),
    )
