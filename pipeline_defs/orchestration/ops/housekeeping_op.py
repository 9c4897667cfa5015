"""Housekeeping op: what is kept on the machine that runs Shipline stays within `limits.yaml`, the oldest goes first."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from pipeline_defs.config import App, Home, Limits, load_limits
from pipeline_defs.deployments.stage_log import Log, open_log
from pipeline_defs.orchestration.pull_leftovers import PullRuns, previews_up, sweep_places
from pipeline_defs.orchestration.run_output_cleanup import remove_old_output
from pipeline_defs.orchestration.tick_cleanup import remove_old_ticks
from pipeline_defs.resources.builders import answering
from pipeline_defs.resources.disk_space import free_space
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine, EngineResource
from pipeline_defs.resources.image_pruning import prune_cache, prune_images
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.command import ServerError, Unreachable

_ACTIVE = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def housekeeping_op(apps: Collection[App]) -> dg.OpDefinition:
    """The op `keep_to_limits`: removes what is beyond the limits, and says what it was."""

    @dg.op(
        name="keep_to_limits",
        out=dg.Out(dg.Nothing),
        description="Removes what is beyond the home's limits.yaml, the oldest first: clones, images of builds, BuildKit's cache, "
        "raw output of old runs, old ticks of sensors. Nothing that is in use, nothing of the lineage, and on servers only what killed "
        "rehearsals of pull requests have left, and previews whose time is over.",
    )
    def housekeeping(context: dg.OpExecutionContext, engine: EngineResource, ssh: SshResource) -> None:
        with open_log(context) as log:
            limits = load_limits(Home.find())
            before = datetime.now(UTC) - timedelta(days=limits.days)
            count = remove_old_output(context.instance, before)
            log.say(f"raw output of {count} runs from before {before:%Y-%m-%d} was removed")
            remove_old_ticks(context.instance)
            here = engine.find()
            for line in free_space(here.workspace, limits.workspace):
                log.say(line)
            for line in _images_pruned(here, _idle(context.instance, apps), limits):
                log.say(line)
            for line in _pruned(here, apps, limits):
                log.say(line)
            for app in apps:
                _swept(context.instance, app, ssh, log)

    return housekeeping


def _idle(instance: dg.DagsterInstance, apps: Collection[App]) -> list[str]:
    """The names of the images of apps of which nothing runs: a run may be about to test or push what it found built."""
    runs = instance.get_runs(dg.RunsFilter(statuses=_ACTIVE))
    busy = {run.tags.get("app") for run in runs}
    return [name for app in apps if app.name not in busy for name in app.repositories]


def _images_pruned(here: Engine, repositories: Collection[str], limits: Limits) -> Iterator[str]:
    """Prune images of builds. Where the Engine cannot say what they take up, they stay until the next time."""
    try:
        yield from prune_images(here.client, repositories, limits.images)
    except EngineError as error:
        yield f"images of builds are kept until the next time: {error}"


def _swept(instance: dg.DagsterInstance, app: App, ssh: SshResource, log: Log) -> None:
    """Remove the places that killed rehearsals of pull requests have left, and previews whose time is over. A server that is not reached
    keeps them until the next time.
    """
    if app.staging is None or not (app.stage.rehearses or previews_up(instance, app)):
        return
    try:
        sweep_places(app, PullRuns(instance, app), ssh, log)
    except ServerError as error:
        log.say(f"what rehearsals of pull requests of {app.name} may have left stays until the next time: {error}")


def _pruned(here: Engine, apps: Collection[App], limits: Limits) -> Iterator[str]:
    """Prune the cache of each Engine that builds. A builder that is not reached keeps what it has until the next time."""
    yield f"BuildKit's cache on this machine: {prune_cache(here.client, limits.cache)} removed"
    for builder in dict.fromkeys(builder for app in apps for each in app.builds for builder in each.build.builders):
        try:
            with answering(here, builder) as (client, _):
                yield f"BuildKit's cache on {builder}: {prune_cache(client, limits.cache)} removed"
        except (Unreachable, EngineError) as error:
            yield f"BuildKit's cache on {builder} is as it was: {error}"
