"""Drift finding: what a server runs that the lineage does not say, and what a person can do about it."""

from collections.abc import Iterator, Sequence

from pipeline_defs.release.evidence import Record
from pipeline_defs.release.records import Release


class Seen(Record):
    """What one look at a host found.

    Attributes:
        host: where, in words.
        current: the release that the host says it runs.
        image: what the container of the main service was started with; None where none runs.
        lost: why the host could not be looked at; then nothing else is known of it.
    """

    host: str
    current: Release | None = None
    image: str | None = None
    lost: str | None = None


class Drift(Record):
    """What one look at an environment found.

    Attributes:
        at: when, ISO 8601 in UTC.
        said: a sentence for each thing that is not as the lineage says; none: all is.
        lost: a sentence for each host that could not be looked at.
    """

    at: str
    said: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def drift(version: str | None, digest: str | None, seen: Sequence[Seen], at: str, *, configuration: str = "") -> Drift:
    """Compare what the lineage says that runs, None for nothing, with what was seen on each host.

    `configuration` is that of the release, empty where the lineage does not say it.
    """
    known = [each for each in seen if each.lost is None]
    return Drift(
        at=at,
        said=tuple(sentence for each in known for sentence in _differences(version, digest, configuration, each)),
        lost=tuple(f"{each.host} could not be looked at: {each.lost}" for each in seen if each.lost is not None),
    )


def _differences(version: str | None, digest: str | None, configuration: str, seen: Seen) -> Iterator[str]:
    there = seen.current
    if (there.digest if there else None) != digest:
        yield f"{seen.host} says that it runs {there.version if there else 'nothing'}, the history says {version or 'nothing'}"
    elif there and configuration and there.configuration not in ("", configuration):
        yield f"{seen.host} runs {there.version} with another configuration than the history says"
    if there is None:
        return
    if seen.image is None:
        yield f"{seen.host} runs no container of {there.version}"
    elif not seen.image.endswith(tuple(f"@{each.digest}" for each in there.images) or f"@{there.digest}"):
        yield f"{seen.host} runs the image {seen.image} and not that of {there.version}"
