"""Trace: from any name to the image, its evidence, its rehearsals and every deployment of it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.release.history import Row
from pipeline_defs.release.lineage_lookup import ID, VERSION, Question, QuestionError, questions
from pipeline_defs.release.records import Image
from pipeline_defs.release.version import sort_key


class TraceError(ShiplineError, ValueError):
    """What was asked for is unknown or could be several things; the message says which."""

    status = 2


@dataclass(frozen=True)
class Trace:
    """What is known of one name; everything newest first, by time: a rollback to an older version is not older.

    A version and a commit can have been given to more than one image over time (a development version is built again
    and again), and one image to several versions and commits (the same tree is never built twice).
    """

    query: str
    images: tuple[Image, ...]
    rehearsals: tuple[Row, ...]
    deployments: tuple[Row, ...]


def trace(
    query: str,
    images: Sequence[Image],
    rehearsals: Sequence[Row],
    deployments: Sequence[Row],
    known: Iterable[str] = (),
) -> Trace:
    """Find by any name that `questions` understands.

    Deployments are those of the version where a version is asked for, the one where its id is, else those of the images' digests;
    rehearsals are always those of the digests. `known` are further versions, to be named where there is no such thing. Raises
    TraceError when nothing, or more than one digest or commit, is meant.
    """
    facts: list[Image | Row] = [*images, *rehearsals, *deployments]
    try:
        asked = questions(query)
    except QuestionError as error:
        raise TraceError(str(error)) from None
    for question in asked:
        meant = _meant(question, facts)
        if meant:
            digests = {fact.digest for fact in meant}
            shown = {id(fact) for fact in meant}
            return Trace(
                query=query,
                images=tuple(fact for fact in images if id(fact) in shown or _of_one(question, fact, meant)),
                rehearsals=tuple(row for row in rehearsals if row.digest in digests),
                deployments=tuple(row for row in deployments if _shipped(question, row, digests)),
            )
    raise TraceError(f"no image, rehearsal or deployment has the name {query!r}; {_known(facts, known)}")


def _meant(question: Question, facts: Sequence[Image | Row]) -> list[Image | Row]:
    """What has the name that is asked for."""
    found = {word for fact in facts for word in question.names(fact)}
    if len(found) > 1:
        shown = ", ".join(word[:12] for word in sorted(found))
        raise TraceError(
            f"{question.text!r} is the beginning of {len(found)} digests or commits: {shown}; give more digits"
        )
    meant = [fact for fact in facts if question.names(fact)]
    # The checks of a pull request build under the number that was there before the merge gave the next one.
    released = question.kinds == (VERSION,) and any(_is_released(fact) for fact in meant)
    return [fact for fact in meant if not released or not isinstance(fact, Image) or _is_released(fact)]


def _is_released(fact: Image | Row) -> bool:
    return isinstance(fact, Image) and fact.version in fact.tags


def _of_one(question: Question, image: Image, meant: Sequence[Image | Row]) -> bool:
    """True of the images of the deployment whose id is asked for."""
    return question.kinds == (ID,) and (image.digest, image.commit) in {(row.digest, row.commit) for row in meant}


def _shipped(question: Question, row: Row, digests: set[str]) -> bool:
    if question.kinds in ((VERSION,), (ID,)):
        return bool(question.names(row))
    return row.digest in digests


def _known(facts: Iterable[Image | Row], known: Iterable[str]) -> str:
    versions = sorted({*known, *(fact.version for fact in facts)}, key=sort_key, reverse=True)
    if not versions:
        return "nothing was recorded yet"
    return f"known are {', '.join(versions[:8])}{', …' if len(versions) > 8 else ''}"
