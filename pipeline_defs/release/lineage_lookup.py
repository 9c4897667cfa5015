"""Lineage lookup: by what people and programs ask for an image, a rehearsal or a deployment."""

import re
from dataclasses import dataclass

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.release.history import Row
from pipeline_defs.release.records import Deployment, Image, Rehearsal, Release
from pipeline_defs.release.version import Version, VersionError

VERSION, DIGEST, COMMIT, TAG, PULL, ISSUE, ID = "version", "digest", "commit", "tag", "pull", "issue", "id"
PART = "part"
"""The kinds of names. A digest stands without `sha256:`, a pull request and an issue as its number. PART is the digest of one of several
images, which many releases may share.
"""

SHORTEST_PREFIX = 4
_NUMBER = re.compile(r"(#|pr:#?|pull:#?|issue:#?)([1-9][0-9]{0,8})", re.IGNORECASE)
_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]+", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[0-9a-f]{4,64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class QuestionError(ShiplineError, ValueError):
    """A text that can be the name of nothing; the message says what can be asked for."""

    status = 2


@dataclass(frozen=True)
class Question:
    """What is asked for: a name between `first` and `last`, which is of one of these kinds."""

    text: str
    kinds: tuple[str, ...]
    first: str
    last: str

    def names(self, fact: "Image | Rehearsal | Deployment | Row") -> set[str]:
        """The names of a record that are meant."""
        return {word for kind, word in names_of(fact) if kind in self.kinds and self.first <= word <= self.last}


def questions(text: str) -> list[Question]:
    """What a text may mean, the likeliest first: `#12`, `pr:12`, `issue:7`, a version, the id of a deployment, four or more digits
    of a digest or commit, a tag. Raises QuestionError.
    """
    word = text.strip()
    if number := _NUMBER.fullmatch(word):
        kinds = {"#": (PULL, ISSUE), "i": (ISSUE,), "p": (PULL,)}[number[1][0].lower()]
        return [Question(text, kinds, number[2], number[2])]
    if _ID.fullmatch(word):
        return [Question(text, (ID,), word, word)]
    found = []
    try:
        version = str(Version.parse(word))
        found.append(Question(text, (VERSION,), version, version))
    except VersionError:
        digits = word.lower().removeprefix("sha256:")
        if _HEXADECIMAL.fullmatch(digits):
            found.append(Question(text, (DIGEST, PART, COMMIT), digits, digits + "g"))
    if _TAG.fullmatch(word):
        found.append(Question(text, (TAG,), word, word))
    if not found:
        raise QuestionError(
            f"{text!r} is no name; ask for a version such as 1.4.2, {SHORTEST_PREFIX} or more digits of a digest or commit, "
            "#12, pr:12 or issue:7, a tag, or the id of a deployment"
        )
    return found


def names_of(fact: Image | Rehearsal | Deployment | Row) -> set[tuple[str, str]]:
    """All names of a record, as pairs of kind and name."""
    if isinstance(fact, Image):
        return _of_image(fact)
    release = fact if isinstance(fact, Row) else fact.release
    came = None if isinstance(fact, Rehearsal) else fact.brought
    named = {(COMMIT, commit) for commit in came.commits} if came else set()
    for kind, numbers in ((PULL, came.pulls), (ISSUE, came.issues)) if came else ():
        named |= {(kind, str(number)) for number in numbers}
    return named | {
        (ID, fact.id),
        (VERSION, release.version),
        (DIGEST, release.digest.removeprefix("sha256:")),
        (COMMIT, release.commit),
        *_parts(release),
    }


def _parts(fact: Image | Release | Row) -> set[tuple[str, str]]:
    return {(PART, each.digest.removeprefix("sha256:")) for each in fact.images}


def _of_image(image: Image) -> set[tuple[str, str]]:
    names = {
        (VERSION, image.version),
        (DIGEST, image.digest.removeprefix("sha256:")),
        (COMMIT, image.commit),
        (COMMIT, image.built_from),
        *_parts(image),
        *((COMMIT, each.built_from) for each in image.images),
    }
    names |= {(TAG, tag) for tag in image.tags}
    return names | {(kind, str(number)) for kind, number in ((PULL, image.pull), (ISSUE, image.issue)) if number}
