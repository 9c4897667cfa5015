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


def image_of_source(images: Iterable[Image], *, tree: str, code: str, version: str) -> Image | None:
    """The newest image of the same source; None where none is known. `images` are newest first.

    `tree` and `code` are as in `Image`: where the code alone is the same, it is the image that already has this version's tag.
    """
    tag = release_tag(Version.parse(version))
    return next(
        (each for each in images if each.tree == tree or (code and each.code == code and tag in each.tags)), None
    )
