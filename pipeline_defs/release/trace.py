"""Trace: from a version, digest or commit to the image, its evidence, its rehearsals and every deployment of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Image
from pipeline_defs.release.version import Version, VersionError

_SHORTEST_PREFIX = 4
_HEXADECIMAL = re.compile(r"[0-9a-f]+")


class TraceError(ValueError):
    """What was asked for is unknown or could be several things; the message says which."""


@dataclass(frozen=True)
class Trace:
    """What is known of one version, digest or commit; everything newest first.

    A version and a commit can have been given to more than one image over time (a development version is built again
    and again), and one image to several versions and commits (the same tree is never built twice).
    """

    query: str
    images: tuple[Image, ...]
    rehearsals: tuple[Row, ...]
    deployments: tuple[Row, ...]


def trace(query: str, images: Sequence[Image], rehearsals: Sequence[Row], deployments: Sequence[Row]) -> Trace:
    """Find by version (`1.4.2` or `v1.4.2`), digest or commit (at least four digits of either).

    Deployments are those of the version where a version is asked for, else those of the images' digests; rehearsals are
    always those of the digests. Raises TraceError when nothing, or more than one digest or commit, is meant.
    """
    facts: list[Image | Row] = [*images, *rehearsals, *deployments]
    try:
        version = str(Version.parse(query))
    except VersionError:
        meant = [fact for fact in facts if _matches(fact, _unambiguous(query, facts))]
        digests = {fact.digest for fact in meant}
        shipped = [row for row in deployments if row.digest in digests]
    else:
        named = [fact for fact in facts if fact.version == version]
        # The checks of a pull request build under the number that was there before the merge gave the next one.
        released = any(isinstance(fact, Image) and version in fact.tags for fact in named)
        meant = [fact for fact in named if not released or not isinstance(fact, Image) or version in fact.tags]
        digests = {fact.digest for fact in meant}
        shipped = [row for row in deployments if row.version == version]
    if not meant:
        raise TraceError(f"no image, rehearsal or deployment has version {query!r}; {_known(facts)}")
    return Trace(
        query=query,
        images=tuple(fact for fact in meant if isinstance(fact, Image)),
        rehearsals=tuple(row for row in rehearsals if row.digest in digests),
        deployments=tuple(shipped),
    )


def _unambiguous(query: str, facts: Sequence[Image | Row]) -> str:
    """The full digest or commit that the text is the beginning of."""
    prefix = query.strip().lower().removeprefix("sha256:")
    if len(prefix) < _SHORTEST_PREFIX or not _HEXADECIMAL.fullmatch(prefix):
        raise TraceError(
            f"{query!r} is neither a version such as 1.4.2 nor {_SHORTEST_PREFIX} or more digits of a digest or commit"
        )
    found = {word for fact in facts for word in _names(fact) if word.removeprefix("sha256:").startswith(prefix)}
    if not found:
        raise TraceError(f"no image, rehearsal or deployment has a digest or commit that begins with {prefix!r}")
    if len(found) > 1:
        shown = ", ".join(sorted(_short(word) for word in found))
        raise TraceError(f"{query!r} is the beginning of {len(found)} digests or commits: {shown}; give more digits")
    return found.pop()


def _matches(fact: Image | Row, word: str) -> bool:
    return word in _names(fact)


def _names(fact: Image | Row) -> tuple[str, ...]:
    return (fact.digest, fact.commit, fact.built_from) if isinstance(fact, Image) else (fact.digest, fact.commit)


def _short(word: str) -> str:
    return word[:19] if word.startswith("sha256:") else word[:12]


def _known(facts: Sequence[Image | Row]) -> str:
    versions = [str(each) for each in sorted({Version.parse(fact.version) for fact in facts}, reverse=True)]
    if not versions:
        return "nothing was recorded yet"
    return f"known are {', '.join(versions[:8])}{', …' if len(versions) > 8 else ''}"
