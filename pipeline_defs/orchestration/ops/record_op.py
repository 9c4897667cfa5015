"""Record op: what is really live, whatever was tried."""

from collections.abc import Iterator

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.deploy import Ended
from pipeline_defs.deployments.stage_log import open_log, stop
from pipeline_defs.lineage.events import Metadata, environment_key, image_key, provenance, short
from pipeline_defs.lineage.metadata import deployment_metadata, last_words, links
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.environment_checks import log_verified
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.orchestration.serving_release import used
from pipeline_defs.release.records import Deployment, Outcome


def record_op(app: App, environment: str) -> dg.OpDefinition:
    """The op `<app>_<environment>_record`: the asset's materialization is what runs; a failed deployment is an observation.

    After a rollback within the run both are written, and then the run fails: the rows are kept and the run is red.
    """

    @dg.op(
        name=f"{app.name}_{environment}_record",
        out=dg.Out(dg.Nothing, is_required=False),
        description=(
            f"Records what runs in {environment} now, with its checks; fails the run when that is not what it was for, as after a "
            "rollback, so that the run is red although the app works."
        ),
    )
    def record(context: dg.OpExecutionContext, endings: list[Ended]) -> Iterator[dg.Output[None]]:
        with open_log(context) as log:
            rows = endings[0].rows  # exactly one of the two ways was taken
            live = next((row for row in rows[-1:] if row.outcome is Outcome.SUCCEEDED), None)
            run = OpRun(context, app)
            for row in rows:
                log.say(f"{row.kind} of {row.release.version}: {row.outcome}")
                log_verified(context, row, app.environments[environment])
                if row is not live:
                    run.note(row)
            mine = [row for row in rows if row.run == run.id]
            for row in mine[:1]:  # what the run was for; what undid it comes after that
                run.say_outcome(row)
            if live is not None:
                if live.run == run.id:
                    context.log_event(_seen_from_the_image(app, live))
                yield _runs(app, live, run.lineage)
            failed = next((row for row in rows if row.run == run.id and row.outcome is not Outcome.SUCCEEDED), None)
            if failed is not None:
                raise stop(_went_wrong(failed, live), shown={**_serves(app, environment, live), **last_words(failed)})
            if live is not None and live.failed_hooks:
                raise stop(_hooks_failed(live))
            if live is not None and live.unproved:
                raise stop(
                    f"{live.release.version} serves in {environment} again and is healthy, but it fails its own tests: "
                    f"{live.unproved}; nothing more is started by itself: mend the tests, or deploy a release that passes"
                )

    return record


def _runs(app: App, live: Deployment, lineage: Lineage) -> dg.Output[None]:
    """The asset's materialization."""
    return dg.Output(
        None,
        metadata={**deployment_metadata(live), **links(app, live), **_made_by(app, live, lineage)},
        data_version=dg.DataVersion(live.release.digest),
        tags=provenance(used(app, live, lineage)),
    )


def _made_by(app: App, live: Deployment, lineage: Lineage) -> Metadata:
    """The run that made the image, where its event is to be seen."""
    image = next((each for each in lineage.images(app) if each.digest == live.release.digest), None)
    return {"image run": dg.MetadataValue.dagster_run(image.run)} if image is not None and image.run else {}


def _seen_from_the_image(app: App, live: Deployment) -> dg.AssetObservation:
    """The way from the image to what was made of it: a line among the image's own events."""
    return dg.AssetObservation(
        image_key(app.name),
        description=f"{live.release.version} runs in {live.environment}",
        metadata={
            "digest": live.release.digest,
            "deployment run": dg.MetadataValue.dagster_run(live.run),
            "environment": dg.MetadataValue.asset(environment_key(app.name, live.environment)),
        },
    )


def _went_wrong(failed: Deployment, live: Deployment | None) -> str:
    """Why the run fails although what it did is recorded."""
    how = f"was rolled back, {live.release.version} runs again" if live else "was taken down, nothing ran before it"
    return f"the deployment of {failed.release.version} failed and {how}: {failed.error}"


def _hooks_failed(live: Deployment) -> str:
    """What a person is to do who finds the run red although the release serves."""
    failed = "; ".join(live.failed_hooks)
    return (
        f"{live.release.version} runs in {live.environment}, and a hook failed after that: {failed}; the release stays: "
        "run the hook's command by hand, or deploy again"
    )


def _serves(app: App, environment: str, live: Deployment | None) -> Metadata:
    """What serves people now, and where that is to be seen."""
    what = f"{live.release.version} ({short(live.release.commit)})" if live else "nothing"
    return {
        "runs now": dg.MetadataValue.text(what),
        "environment asset": dg.MetadataValue.asset(environment_key(app.name, environment)),
    }
