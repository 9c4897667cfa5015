"""Deploy: a release into an environment that people use."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.admission import ask_again
from pipeline_defs.history import Lineage
from pipeline_defs.ops import gate
from pipeline_defs.ops.attempt import beginning, ending, note
from pipeline_defs.ops.events import release_tags
from pipeline_defs.ops.log import Log, open_log, stop
from pipeline_defs.ops.metadata import hosts_text, last_words, steps_text
from pipeline_defs.ops.order import RollbackOrder, order
from pipeline_defs.ops.record import Ended
from pipeline_defs.ops.releases import EnvironmentConfig, image_to_deploy, live_release
from pipeline_defs.ops.task import files_of, release_for, servers_of, task_for
from pipeline_defs.release.admission import Admission
from pipeline_defs.release.brought import brought
from pipeline_defs.release.going_back import at_stake
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, Image, Outcome, Release
from pipeline_defs.release.tags import PREVIOUS_UP
from pipeline_defs.resources.reach import Reach
from pipeline_defs.resources.registry import RegistryResource
from pipeline_defs.resources.source import Source
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.source_resource import SourceResource
from pipeline_defs.resources.ssh import SshResource
from pipeline_defs.server.fleet import deploy_all
from pipeline_defs.server.settings import settings_of
from pipeline_defs.server.site import Site


def deploy_op(app: App, environment: str, upstream: Sequence[str]) -> dg.OpDefinition:
    """The op `<app>_<environment>_deploy`.

    Its output `live` says that the release runs; `back` asks the next op to go back, because the deployment failed after
    something had been changed, or because going back is what the run is for. `upstream` names its inputs.
    """
    site = Site.of(app, environment)

    @dg.op(
        name=f"{app.name}_{environment}_deploy",
        ins={name: dg.In(dg.Nothing) for name in upstream},
        out={"live": dg.Out(Ended, is_required=False), "back": dg.Out(RollbackOrder, is_required=False)},
        description=(
            f"Deploys the release to {site.hosts}: backup, pull, start, migrate, test, end-to-end tests. What would be wrong is refused "
            "before anything is changed; what fails afterwards is undone by the next op."
        ),
    )
    def deploy_(
        context: dg.OpExecutionContext,
        config: EnvironmentConfig,
        source: SourceResource,
        registry: RegistryResource,
        ssh: SshResource,
    ) -> Iterator[dg.Output[Ended] | dg.Output[RollbackOrder]]:
        with open_log(context, app) as log:
            lineage = Lineage(context.instance)
            rows = lineage.environment(app, environment)
            if config.kind_in(context) is DeploymentKind.ROLLBACK:
                yield dg.Output(order(context, app, environment, rows, config), "back")
                return
            image, live, images = image_to_deploy(context, app, config), live_release(app, rows), registry.of(app)
            repository = source.of(app)
            settings = settings_of(site)
            files = files_of(site, image.commit, repository, settings)
            release = release_for(site, image, files, settings)
            context.instance.add_run_tags(context.run_id, release_tags(release))
            requester = gate.requester_of(context, config)
            found = gate.admission_of(context, app, environment, release, requester)
            if found.done:
                log.say(f"{found.done}; nothing is to be done")
                return
            for said in _way_back(found, release, live):
                log.say(said)
            begun = {
                **_came(repository, lineage.images(app), live, release, log),
                **beginning(context),
                **gate.recorded(found),
            }
            row = Deployment(
                kind=DeploymentKind.DEPLOY,
                release=release,
                environment=environment,
                previous=live,
                reason=config.reason,
                **begun,
            )
            if row.outcome in HELD:
                gate.wait(context, app, row, log)
                return
            task = task_for(
                context,
                log,
                row.id,
                app,
                site,
                release=release,
                files=files,
                settings=settings,
                registry=images,
                source=partial(source.of, app),
            )
            with servers_of(ssh, task) as servers:
                if live is not None and environment == app.deployed[0]:
                    images.tag(live.digest, PREVIOUS_UP)  # true whether or not anything comes of the deployment
                note(context, row, app)
                log.say(f"deploy {release.version} ({release.reference}) to {site}")
                reaches = Reach(site.config.url, first=live is None, say=log.say) if site.config.url else None
                again = ask_again(app, environment, release, partial(Lineage, context.instance), requester)
                report = deploy_all(replace(task, way_back=row.way_back, reaches=reaches, admitted=again), servers)
            facts = {"backup": report.backup, "previous": report.previous or live, "hosts": report.hosts}
            row = row.model_copy(update={**ending(report, row.started), **facts})
            if row.way_back and row.previous and row.way_back.digest != row.previous.digest:
                row = row.model_copy(
                    update={"way_back": None}
                )  # the server ran another release than the lineage knew of
            log.say(
                f"{row.outcome} after {row.seconds:.1f} s\n\n{steps_text(row.steps)}\n\n{hosts_text(row.hosts)}".rstrip()
            )
            if row.outcome is Outcome.SUCCEEDED:
                yield dg.Output(Ended((row,)), "live")
            elif report.changed:
                row = _with_stake(row.model_copy(update={"failed_after_change": True}))
                log.say(f"{release.version} failed, going back: {row.error}")
                yield dg.Output(RollbackOrder(failed=row.model_copy(update={"outcome": Outcome.STARTED})), "back")
            else:
                note(context, row, app)
                said = f"the deployment of {release.version} failed before anything was changed: {row.error}"
                raise stop(said, shown=last_words(row))

    return deploy_


def _way_back(found: Admission, release: Release, live: Release | None) -> list[str]:
    """What the rehearsal of a release says of the way back to what runs now, for people."""
    if found.way_back:
        return [f"the {found.way_back}"]
    if live is None or live.digest == release.digest:
        return []
    return [f"the way back to {live.version}: no rehearsal has tried it"]


def _came(
    repository: Source, images: Sequence[Image], live: Release | None, release: Release, log: Log
) -> dict[str, Any]:
    """The commits that the release brings, and when they were made; a git server that does not answer keeps nothing from being deployed."""
    since = live.commit if live else None
    known = {image.commit: (image.pull, image.issue) for image in images if not image.untrusted}
    try:
        times = repository.commit_times(since, release.commit)
        commits = repository.commits_brought(since, release.commit)
    except SourceError as error:
        log.say(f"the commits that come stay unknown: {error}")
        return {}
    return {"committed": tuple(moment.isoformat() for moment in times), "brought": brought(commits, known)}


def _with_stake(row: Deployment) -> Deployment:
    """The record of a failed deployment whose error says, too, what is at stake with the database."""
    stake = at_stake(row)
    return row.model_copy(update={"error": f"{row.error}; {stake}"}) if stake else row
