"""Tags: the labels an image gets in the registry. A tag is only a label; the digest is the image."""

from pipeline_defs.release.version import Version

STAGING_DEV = "staging_dev"
STAGING = "staging"
LATEST = "latest"
PREVIOUS_UP = "previous_up"


def development_tag(version: Version) -> str:
    """The tag of a development version, which later builds of the same number may take over."""
    return f"{version}_dev"


def release_tag(version: Version) -> str:
    """The tag of a version that passed the tests. It never moves to another digest."""
    return str(version)


def tree_tag(tree: str) -> str:
    """The tag by which an image is found again for the source tree (64 hex digits) that it was built from."""
    return f"tree-{tree[:32]}"


def tags_for(version: Version, *, branch: str, development: str, main: str) -> tuple[str, ...]:
    """The tags an image gets once its tests passed, by the branch its commit is on.

    A merge to `development` names the version and what is newest for staging; a merge to `main` names the version and
    `latest`; any other branch gets development tags alone.
    """
    if branch == main:
        return (release_tag(version), LATEST)
    if branch == development:
        return (development_tag(version), STAGING_DEV, release_tag(version), STAGING)
    return (development_tag(version), STAGING_DEV)
