"""Stage pull op: the op that rehearses the head of a pull request, before anybody merges it."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.protocols import Outside, Place
from pipeline_defs.deployments.rehearse import rehearse_pull
from pipeline_defs.deployments.stage_log import open_log, stop
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import CHECKED, IMAGE, image_key
from pipeline_defs.lineage.metadata import last_words
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.orchestration.pull_leftovers import PullRuns, sweep_places
from pipeline_defs.release.records import Image, Outcome
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_resource import SshResource


class PullConfig(dg.Config):
    """Which pull request is rehearsed: its number, and the run that has made and tested the image of its head.

    Without a number nothing is rehearsed, and what killed runs have left on the server is removed, and previews whose time is over;
    `closed` are pull requests that are not open any more.
    """

    pull: int = 0
    made_by: str = ""
    closed: list[int] = []  # noqa: RUF012 - a field of a model


def stage_pull_op(app: App, environment: str) -> dg.OpDefinition:
    """The op `<app>_<environment>_stage_pull`. What came of it is an observation, which no deployment takes for a rehearsal."""
    place = Place(app, environment)

    @dg.op(
        name=f"{app.name}_{environment}_stage_pull",
        out=dg.Out(dg.Nothing),
        description=f"Rehearses the head of a pull request beside {environment}, on a copy of its own; the place is removed at the end, "
        "unless it is to stay up for people.",
    )
    def stage_pull(
        context: dg.OpExecutionContext,
        config: PullConfig,
        source: SourceResource,
        registry: RegistryResource,
        ssh: SshResource,
    ) -> None:
        with open_log(context, app) as log:
            run = OpRun(context, app)
            pulls = PullRuns(context.instance, app, run, config.closed)
            if not config.pull:
                sweep_places(app, pulls, ssh, log, patient=True)
                return
            image = _made(context, app, config)
            source.of(app).require_own(image.commit)
            row = rehearse_pull(place, image, run, log, Outside(source, registry, ssh), pulls)
            if row.outcome is not Outcome.SUCCEEDED:
                why = f"the rehearsal of pull request #{image.pull} failed: {row.error}"
                raise stop(why, shown=last_words(row))

    return stage_pull


def _made(context: dg.OpExecutionContext, app: App, config: PullConfig) -> Image:
    """The image that a run has made for the pull request and kept for this. Raises dg.Failure where it has not."""
    for key in (CHECKED, IMAGE):
        for image in facts_of_run(context.instance, config.made_by, image_key(app.name), key, Image):
            if image.digest and image.pull == config.pull and image.repository == app.image:
                return image
    raise stop(f"run {config.made_by[:8]} has kept no image of pull request #{config.pull} of {app.name}")
