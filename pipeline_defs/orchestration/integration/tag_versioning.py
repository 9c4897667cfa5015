"""Tag versioning: the version of an image where git's tags say it (`versioning: tags`)."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.stage_log import Log
from pipeline_defs.lineage.events import release_tags
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import code_tag
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.release.version_numbering import from_tags
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.version_tags import version_tags

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry


def numbered(
    context: dg.OpExecutionContext, app: App, image: Image, source: Source, images: "Registry", log: Log
) -> Image:
    """The image with its version, which the run's tags tell other runs from then on.

    A commit that has a version tag has that version. Another one has the number of the image of the very same source, else the next
    patch after the newest tag before it that names no image yet.
    """
    tags = version_tags(source, image.commit)
    version = tags.here
    if version is None:
        digests = {image.digest, images.digest_of(code_tag(image.code))} - {"", None}
        given = list(_versions(images.tags()))
        known = [each for each in Lineage(context.instance).images(app) if each.digest in digests]
        same = list(_versions(each.version for each in known if each.version in each.tags))  # not of a pull request
        if given and images.digest_of(str(max(given))) in digests:  # by a run that did not come to its end
            same.append(max(given))
        version = from_tags(tags.newest, same, [*given, *_versions(_of_other_runs(context, app, image))])
        log.say(f"version {version}: the commit has no version tag, the newest before it is {tags.newest or 'none'}")
    image = image.model_copy(update={"version": str(version)})
    context.instance.add_run_tags(context.run_id, release_tags(image))
    return image


def _of_other_runs(context: dg.OpExecutionContext, app: App, image: Image) -> Iterator[str]:
    """The versions that runs in progress are about to give to other commits."""
    commit = release_tags(image)["commit"]
    for run in context.instance.get_runs(dg.RunsFilter(tags={"app": app.name}, statuses=[dg.DagsterRunStatus.STARTED])):
        if run.run_id != context.run_id and run.tags.get("commit") != commit:
            yield run.tags.get("version", "")


def _versions(texts: Iterable[str]) -> Iterator[Version]:
    for text in texts:
        try:
            yield Version.parse(text)
        except VersionError:
            continue
