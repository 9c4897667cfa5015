"""Image lookup: which image a version or a commit means."""

from collections.abc import Iterable

from pipeline_defs.release.records import Image
from pipeline_defs.release.tags import release_tag
from pipeline_defs.release.version import Version


def image_of(images: Iterable[Image], *, version: str = "", commit: str = "") -> Image | None:
    """The newest image of a version, or of a commit by its first digits, or of both; None where there is none.

    `images` are newest first. Raises VersionError for a version that is none.
    """
    named = str(Version.parse(version)) if version else ""
    found = [image for image in images if named in ("", image.version) and image.commit.startswith(commit)]
    # A branch under review builds images of the same version; the one that has the version's own tag is meant.
    tagged = (image for image in found if release_tag(Version.parse(image.version)) in image.tags)
    return next(tagged, found[0] if found else None)


def newest_of_branch(images: Iterable[Image], branch: str) -> Image | None:
    """The newest image of what is in a branch; None where there is none. `images` are newest first.

    An image of a pull request has the branch that it is to be merged into; once merged it has the version's own tag.
    """
    found = (image for image in images if image.branch == branch)
    return next(
        (image for image in found if not image.pull or release_tag(Version.parse(image.version)) in image.tags), None
    )
