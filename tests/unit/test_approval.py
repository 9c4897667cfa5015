"""Approvals: for one commit, by somebody who may say so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.approval import is_about, valid_approval

HEAD = "abcdef0123" * 4
SEEN = "2026-01-31T12:00:00Z"


@dataclass(frozen=True)
class Said:
    by: str = "ada"
    at: str = "2026-01-31T12:00:01Z"
    sha: str = ""
    kind: str = "comment"


@pytest.mark.parametrize(
    ("said", "about"),
    [
        (Said(), True),
        (Said(at="2026-01-31T13:00:01+01:00"), True),
        (Said(at=SEEN), False),  # the same second: which came first is not known
        (Said(at="2026-01-31T11:59:59Z"), False),
        (Said(at="2026-01-31T13:00:00+01:00"), False),
        (Said(at="2026-01-31T12:00:01"), False),  # a time without its zone
        (Said(at="yesterday"), False),
        (Said(at=""), False),
        (Said(by=""), False),
        (Said(sha=HEAD, at="2026-01-31T11:00:00Z"), True),
        (Said(sha=HEAD.upper(), at=""), True),
        (Said(sha=HEAD[:7]), False),  # another commit with these digits is made within a second
        (Said(sha=HEAD[:39]), False),
        (Said(sha="1234567"), False),  # another commit, however late
        (Said(sha=f"{HEAD}0"), False),
        (Said(sha=HEAD, by=""), False),
    ],
)
def test_an_approval_is_for_the_commit_it_names_or_for_what_could_be_seen(said: Said, about: bool) -> None:
    assert is_about(said, head=HEAD, first_seen=SEEN) is about


def test_a_head_whose_first_sight_is_unknown_is_approved_by_name_alone() -> None:
    assert not is_about(Said(), head=HEAD, first_seen="")
    assert is_about(Said(sha=HEAD), head=HEAD, first_seen="")
    assert not is_about(Said(sha=HEAD[:12]), head=HEAD, first_seen="")


@given(st.integers(-10, 10), st.text("0123456789abcdef", min_size=40, max_size=40), st.integers(7, 40))
def test_what_was_said_of_one_commit_never_lets_in_the_next(later: int, other: str, digits: int) -> None:
    moment = (datetime.fromisoformat(SEEN) + timedelta(seconds=later)).astimezone(UTC).isoformat()
    assert is_about(Said(at=moment), head=HEAD, first_seen=SEEN) == (later > 0)
    for named in (other[:digits], HEAD[:digits], f"{HEAD[:digits]}{other[digits:]}"):
        assert is_about(Said(at=moment, sha=named), head=HEAD, first_seen=SEEN) == (named == HEAD)


def test_only_somebody_who_may_write_approves_and_is_asked_for_once() -> None:
    asked: list[str] = []

    def may_write(login: str) -> bool:
        asked.append(login)
        return login == "grace"

    said = [Said(by="eve"), Said(by="late", sha="1234567"), Said(by="eve", kind="label"), Said(by="grace")]
    assert valid_approval(said, head=HEAD, first_seen=SEEN, may_write=may_write) == Said(by="grace")
    assert asked == ["eve", "grace"]
    assert valid_approval(said[:3], head=HEAD, first_seen=SEEN, may_write=may_write) is None
    assert valid_approval([], head=HEAD, first_seen=SEEN, may_write=may_write) is None
