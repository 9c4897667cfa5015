"""Planned image: the image that a deployment would deploy now, which is that of the main branch's head where no version is given."""

from collections.abc import Sequence

from pipeline_defs.config import App
from pipeline_defs.deployments.protocols import DeploymentError
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.image_lookup import image_of, image_of_source
from pipeline_defs.release.records import Image
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.image_trees import tree_and_code, trees_of
from pipeline_defs.resources.version_tags import version_tags

_DIGITS = 12


def planned_image(app: App, version: str, lineage: Lineage, source: Source) -> Image:
    """The image of a version; without one that which `shipline deploy` would deploy: the image of the main branch's head.

    Raises DeploymentError where there is none yet, and SourceError or EngineError where the head cannot be read.
    """
    images = [image for image in lineage.images(app) if not image.untrusted]
    if not version and images:
        return _of_head(app, images, source)
    found = image_of(images, version=version) if version else None
    if found is None:
        what = f"of version {version}" if version else "yet"
        raise DeploymentError(f"{app.name} has no image {what}; make one with: shipline run integrate {app.name}")
    return found


def _of_head(app: App, images: Sequence[Image], source: Source) -> Image:
    main = app.branches.main
    head = source.resolve(main)
    found = image_of(images, commit=head)
    if found is not None:
        return found
    version = _version(app, source, head)
    with source.checkout(head, plain=True) as checkout:
        tree, code = tree_and_code(app, trees_of(app, checkout))
    found = image_of_source(images, tree=tree, code=code, version=version)
    if found is None:
        raise DeploymentError(
            f"{main} of {app.name} is at {version} ({head[:7]}), of which there is no image yet; a deployment makes it first: make it now "
            f"with `shipline run integrate {app.name} --commit {head[:_DIGITS]}`, or give a --version that was built"
        )
    return found.model_copy(update={"commit": head, "branch": main, "version": version})


def _version(app: App, source: Source, commit: str) -> str:
    """The version at a commit, as it is written there. Raises DeploymentError."""
    try:
        if app.versioning == "tags":
            return str(version_tags(source, commit).version)
        return str(Version.parse(source.read_file(commit, app.version_file)))
    except VersionError as error:
        raise DeploymentError(f"{app.version_file} of commit {commit[:_DIGITS]}: {error}") from error
