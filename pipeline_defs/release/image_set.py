"""Image set: the several images of one release, and the one digest that stands for all of them. Pure.

The set is an entry of its own in the registry, under the app's `image`, which says by its label which image has which digest. So a
release of several images has one identity, as one of a single image has, and its tags move in one step for all images.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping

from pipeline_defs.config.images import variable_of
from pipeline_defs.release.evidence import Record

LABEL = "shipline.images"
"""The label of a set: a JSON list of names, repositories and digests."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class ReleasedImage(Record):
    """One of the images of a release.

    Attributes:
        name: as the app's file names it; empty for an app's only image.
        repository: its name in the registry; digest: `sha256:…` of its manifest, empty before it was pushed.
        tree: SHA-256 of everything it was built from; code: the same without what is only configuration.
        built_from: the commit that built it.
    """

    name: str
    repository: str
    digest: str = ""
    tree: str = ""
    code: str = ""
    built_from: str = ""

    @property
    def reference(self) -> str:
        """What a server pulls and runs: `name@sha256:…`."""
        return f"{self.repository}@{self.digest}"

    def __str__(self) -> str:
        """`worker sha256:0123456789ab`."""
        return f"{self.name} {self.digest[:19]}"


def tree_of(images: Iterable[ReleasedImage]) -> str:
    """SHA-256 of everything the images were built from: the same set is never made twice."""
    return _hash([(each.name, each.repository, each.tree) for each in images])


def code_of(images: Iterable[ReleasedImage]) -> str:
    """The same without what is only configuration."""
    return _hash([(each.name, each.repository, each.code) for each in images])


def _hash(parts: list[tuple[str, str, str]]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def variables(images: Iterable[ReleasedImage]) -> dict[str, str]:
    """What a compose file finds in `${IMAGE_WEB}` and the like."""
    return {variable_of(each.name): each.reference for each in images}


def written(images: Iterable[ReleasedImage]) -> str:
    """The images as the set's label has them."""
    return json.dumps([{"name": each.name, "repository": each.repository, "digest": each.digest} for each in images])


def read(text: str) -> tuple[ReleasedImage, ...]:
    """The images of a set from its label. Raises ValueError for what is none."""
    found = tuple(ReleasedImage.model_validate(each) for each in json.loads(text))
    if not found or not all(_DIGEST.fullmatch(each.digest) for each in found):
        raise ValueError("no list of images")
    return found


def with_digests(images: Iterable[ReleasedImage], found: Iterable[ReleasedImage]) -> tuple[ReleasedImage, ...]:
    """The images with the digests of a set. Raises ValueError where it is another one's set."""
    known = {(each.name, each.repository): each.digest for each in found}
    wanted = tuple(images)
    if known.keys() != {(each.name, each.repository) for each in wanted}:
        raise ValueError("other images")
    return tuple(each.model_copy(update={"digest": known[each.name, each.repository]}) for each in wanted)


def changes(before: Iterable[ReleasedImage], after: Iterable[ReleasedImage]) -> dict[str, str]:
    """What becomes of each image between two releases, by name: "new", "gone", "changed" or "the same"."""
    old, new = _references(before), _references(after)
    come = {name: _how(old.get(name), reference) for name, reference in new.items()}
    return come | {name: "gone" for name in old if name not in new}


def _references(images: Iterable[ReleasedImage]) -> Mapping[str, str]:
    return {each.name: each.reference for each in images}


def _how(old: str | None, new: str) -> str:
    return "new" if old is None else "the same" if old == new else "changed"
