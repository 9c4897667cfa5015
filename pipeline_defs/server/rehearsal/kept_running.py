"""Kept running: a release that has passed its rehearsal runs on its copy, for people to try it."""

from collections.abc import Mapping

from pipeline_defs.config.pull_place import PullEnvironment
from pipeline_defs.config.pull_preview import PullPreview
from pipeline_defs.release.evidence import Verdict, WayBack
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.procedure import Procedure
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.rehearsal.pull_places import mark_preview
from pipeline_defs.server.router import router
from pipeline_defs.server.router.door import open_door
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.steps import shared_steps

UNTIL = "preview_until"
"""Among the facts of an execution: until when a preview stays up, ISO 8601."""

# Rehearsed containers do not come back with their server, and may use more.
_LIMIT = """
project=$1 memory=$2 cpus=$3
ids=$(docker ps -q --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False)
[ -n "$ids" ] || { echo "no container of $project runs" >&2; exit 1; }
docker update --restart unless-stopped --memory "$memory" --memory-swap "$memory" --cpus "$cpus" $ids >/dev/null
echo "each of $(echo "$ids" | wc -l) containers may use $memory bytes of memory and $cpus processors"
"""


def up_again(task: Task, facts: Facts, tried: WayBack | None) -> list[Step]:
    """After the way back was tried the older release runs, perhaps on a database that was downgraded for it."""
    site, release = task.site, task.release
    assert release is not None
    if tried is None or tried.digest == release.digest:
        return []
    folder = site.folder(release)
    return shared_steps.in_order(
        shared_steps.start(site, facts, folder, name=StepName.UP_AGAIN),
        shared_steps.migrate(site, facts, folder, name=StepName.MIGRATE_AGAIN)
        if tried.verdict is not Verdict.COMPATIBLE
        else [],
        shared_steps.wait_healthy(site, name=StepName.HEALTHY_AGAIN),
    )


def routed(site: Site) -> list[Step]:
    """People who try it come by the router, where staging has a route; else by the port that its compose file publishes."""
    route = site.config.route
    if route is None:
        return []
    return [
        Step(StepName.ROUTER, router.ready(site), timeout=LONG_SECONDS),
        Step(StepName.ROUTE, router.point(site, route)),
    ]


def keep_preview(task: Task, procedure: Procedure, facts: Facts, tried: WayBack | None) -> str | None:
    """Keep a pull request up where its app says so. Gives why it could not be; None where it stays, or nobody wants it to.

    What fails here is no failure of the rehearsal.
    """
    config = task.site.config
    if not isinstance(config, PullEnvironment) or config.preview is None:
        return None
    failed = procedure.attempt(_kept(task, facts, tried, config, config.preview))
    return str(failed) if failed else None


def _kept(task: Task, facts: Facts, tried: WayBack | None, config: PullEnvironment, preview: PullPreview) -> list[Step]:
    site = task.site
    return shared_steps.in_order(
        up_again(task, facts, tried),
        Step(
            StepName.LIMITED,
            script(_LIMIT, site.project, str(preview.memory), f"{preview.cpus:g}", says="docker update"),
        ),
        Step(StepName.ROUTE, open_door(site, preview, config.pull), timeout=LONG_SECONDS),
        Step(StepName.REACHED, router.probe(preview.route(config.pull))),
        Step(StepName.PREVIEW, mark_preview(site, preview.days, task.run), learn=_until),
    )


def _until(output: str) -> Mapping[str, str]:
    return {UNTIL: output.strip().rpartition(" ")[2]}
