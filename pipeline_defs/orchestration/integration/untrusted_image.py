"""Untrusted image: the stages of an image for code that is not merged: a fork's, and by default every pull
request's. Nothing is kept of it.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.stage_log import Log, stop
from pipeline_defs.lineage.events import CHECKED, image_key, skipped
from pipeline_defs.lineage.metadata import checked_metadata, links
from pipeline_defs.orchestration.integration.image_push import push_images
from pipeline_defs.release.evidence import StepTiming
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image
from pipeline_defs.release.request import Job
from pipeline_defs.release.run_tags import THEN, tag_of
from pipeline_defs.release.tags import pull_tag
from pipeline_defs.resources.builders import builder_of
from pipeline_defs.resources.compose_test_run import TestRun
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.git_mirror import FULL_COMMIT
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.image_trees import about_image
from pipeline_defs.resources.isolation import Isolation, untrusted_checkout

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

UNTRUSTED = "untrusted"
"""The run tag that says the same as the configuration; either is enough."""


def is_untrusted(context: dg.OpExecutionContext, given: bool) -> bool:
    """True where the run's configuration or its tag says so: whoever launches it may forget one of them."""
    return given or bool(context.run.tags.get(UNTRUSTED))


def refuse_unclear(context: dg.OpExecutionContext, app: App, commit: str, branch: str) -> None:
    """Refuse an untrusted run that does not say whose tests are run on what, or that would do more than check."""
    if context.run.tags.get("target"):
        raise stop(
            f"code that is not merged is checked and never brought to a server; launch {app.name}_integrate for it"
        )
    if not FULL_COMMIT.fullmatch(commit):
        raise stop("an untrusted run needs the full id of the commit that is to be checked")
    if not branch:
        raise stop("an untrusted run needs the name of the base branch, whose tests are run on the image")


def require_still_own(context: dg.OpExecutionContext, image: Image, repository: Source) -> None:
    """Where only some stages of a run are executed again, look again whether the repository still has the commit.

    The lint stage looked in the run before. Raises SourceError where no branch or tag has the commit any more.
    """
    if not image.untrusted and image.run != context.run_id:
        repository.require_own(image.commit)


def build_untrusted(
    context: dg.OpExecutionContext, app: App, image: Image, repository: Source, engine: Engine, log: Log
) -> Image:
    """Build the image for this run alone; neither registry nor earlier builds are asked whether they have it."""
    isolation = Isolation(engine, app, image.run)
    for run in isolation.left_behind():
        known = context.instance.get_run_by_id(run)
        if known is not None and known.is_finished:  # it was killed before its test could remove the image
            Isolation(engine, app, run).remove()
    log.say("code that is not merged: built without caches, logins and secrets, for this run alone")
    labels = {"shipline.untrusted": image.run, "shipline.app": app.name}
    with untrusted_checkout(repository, image.commit) as checkout:
        for each in app.builds:
            with builder_of(engine, each.build, log.say) as builder, about_image(each.name):
                Isolation(builder, app, image.run).build(checkout, labels=labels, listen=log.listen, named=each)
    return image.model_copy(update={"tags": ()})


def rehearsed_next(context: dg.OpExecutionContext, app: App) -> bool:
    """Whether a rehearsal follows the run, for which the image of a pull request is kept."""
    return app.stage.rehearses and tag_of(context.run.tags, THEN) == Job.STAGE


def test_untrusted(
    app: App, image: Image, repository: Source, engine: Engine, log: Log, *, keep: bool = False
) -> TestRun | None:
    """Run the base branch's tests on the image; None for an app without tests. With `keep` an image that passed is still there
    afterwards.
    """
    isolation = Isolation(engine, app, image.run)
    kept = False
    try:
        ended = _tested(app, image, repository, isolation, log)
        kept = keep and (ended is None or ended.passed)
        return ended
    finally:
        if not kept:
            isolation.remove()


def _tested(app: App, image: Image, repository: Source, isolation: Isolation, log: Log) -> TestRun | None:
    if app.test is None:
        return None
    base = repository.heads([image.branch]).get(image.branch)
    if base is None:
        raise stop(f"{app.repository} has no branch {image.branch}, whose tests were to be run on the image")
    log.say(
        f"code that is not merged: tested with {app.test.compose} of {image.branch} ({base[:12]}), without a way out"
    )
    with repository.checkout(base) as checkout:
        return isolation.test(checkout, listen=log.listen)


def push_for_rehearsal(app: App, image: Image, engine: Engine, images: "Registry", log: Log) -> Image:
    """Push the image by a tag of its pull request alone, for the server that rehearses it. No other run finds it. Raises EngineError."""
    isolation = Isolation(engine, app, image.run)
    tag = pull_tag(image.pull)
    local = [
        (ReleasedImage(name=each.name, repository=each.repository), isolation.images[each.name]) for each in app.builds
    ]
    try:
        image = push_images(app, image, local, engine, images, log.listen, tag=tag)
    finally:
        isolation.remove()
    return image.model_copy(update={"tags": (tag,)})


def note_checked(context: dg.OpExecutionContext, app: App, image: Image, log: Log, timing: StepTiming) -> None:
    """Keep the evidence as an observation under a key of its own: nobody who looks for an image finds it."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    image = image.model_copy(update={"steps": (*image.steps, timing), "at": at})
    why = "the image is kept for the rehearsal alone" if image.digest else "no image is kept before the merge"
    context.log_event(
        dg.AssetObservation(
            image_key(app.name),
            description=f"commit {image.commit[:12]} of a pull request was checked",
            metadata={**skipped(why), **checked_metadata(image), **links(app, image)},
        )
    )
    what = f"pushed as {image.tags[0]} for the rehearsal alone" if image.digest else "skipped: nothing is pushed"
    log.say(f"{what}, because the code is not merged; its evidence is kept as {CHECKED!r}")
