"""Stage: the rehearsal of a release against a restored copy of the production database."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.ops.attempt import beginning, ending, note, say_outcome
from pipeline_defs.ops.checks import check_results, check_specs
from pipeline_defs.ops.events import environment_key, image_key, provenance, release_tags
from pipeline_defs.ops.log import open_log, stop
from pipeline_defs.ops.metadata import last_words, links, rehearsal_metadata, steps_text
from pipeline_defs.ops.releases import EnvironmentConfig, image_to_rehearse
from pipeline_defs.ops.task import files_of, release_for, server_of, task_for
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.resources.registry import RegistryResource
from pipeline_defs.resources.source_resource import SourceResource
from pipeline_defs.resources.ssh import SshResource
from pipeline_defs.server.rehearse import rehearse
from pipeline_defs.server.settings import settings_of
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Report

RESULT = "result"
"""The output that is the asset."""


def stage_op(app: App, environment: str) -> dg.OpDefinition:
    """The op `<app>_<environment>_stage`; a rehearsal that passed is the asset's materialization, any other an observation.

    Both have the results of the asset's checks, as far as the rehearsal came. Each check is an output under its own name.
    """
    site = Site.of(app, environment)
    assert site.config.rehearses is not None
    production = Site.of(app, site.config.rehearses)
    checks = check_specs(environment_key(app.name, environment), site.config)

    @dg.op(
        name=f"{app.name}_{environment}_stage",
        ins={"image": dg.In(dg.Nothing)},
        out={
            RESULT: dg.Out(dg.Nothing),
            **{spec.get_python_identifier(): dg.Out(dg.Nothing, is_required=False) for spec in checks},
        },
        description=f"Rehearses the release on {site.config.host} with a fresh copy of {production.environment}'s database.",
    )
    def stage(
        context: dg.OpExecutionContext,
        config: EnvironmentConfig,
        source: SourceResource,
        registry: RegistryResource,
        ssh: SshResource,
    ) -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
        with open_log(context, app) as log:
            image = image_to_rehearse(context, app, config, log)
            settings = settings_of(site)
            files = files_of(site, image.commit, source.of(app), settings)
            release = release_for(site, image, files, settings)
            context.instance.add_run_tags(context.run_id, release_tags(release))
            row = Rehearsal(release=release, environment=environment, **beginning(context))
            task = task_for(
                context,
                log,
                row.id,
                app,
                site,
                release=release,
                files=files,
                settings=settings,
                registry=registry.of(app),
                source=partial(source.of, app),
            )
            with server_of(ssh, task) as server:
                note(context, row, app)
                log.say(f"rehearse {release.version} ({release.reference}) in {site}")
                report = rehearse(task, server, production)
            row = row.model_copy(update={**ending(report, row.started), **_evidence(report)})
            log.say(f"{row.outcome} after {row.seconds:.1f} s\n\n{steps_text(row.steps)}")
            say_outcome(context, row)
            if row.outcome is not Outcome.SUCCEEDED:
                note(context, row, app)
            yield from check_results(row, site.config)
            say_outcome(context, row)
            if row.outcome is not Outcome.SUCCEEDED:
                raise stop(f"the rehearsal of {release.version} failed: {row.error}", shown=last_words(row))
            yield dg.Output(
                None,
                RESULT,
                metadata={**rehearsal_metadata(row), **links(app, row)},
                data_version=dg.DataVersion(release.digest),
                tags=provenance({image_key(app.name): release.digest}),
            )

    return stage


def _evidence(report: Report) -> dict[str, Any]:
    """What a rehearsal has found out besides what any attempt does."""
    copied = report.copied
    return {
        "migrations": report.migrations,
        "copied": copied,
        "way_back": report.way_back,
        "database_bytes": copied.dump_bytes if copied else None,
    }
