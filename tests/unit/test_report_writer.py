"""What becomes of items that GitHub does not take: others go on, pauses are kept, and a look ends in time."""

import logging
from dataclasses import dataclass
from typing import ClassVar, cast

import pytest

from pipeline_defs.github.api import GitHubError, GitHubRefused, GitHubUnavailable, Repository
from pipeline_defs.github.reports.report_memory import Memory, RunReport
from pipeline_defs.github.reports.report_writer import PAUSE, SECONDS_OF_A_LOOK, Writer


@dataclass
class Clock:
    """A clock that goes on when it is told."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(repr=False)
class Piece:
    """An item that is written, or is not."""

    kind: ClassVar[str] = "statuses"
    key: str
    error: Exception | None = None
    tried: int = 0

    def __repr__(self) -> str:
        return self.key

    def write(self, repository: Repository) -> None:
        """Count the try."""
        self.tried += 1
        if self.error:
            raise self.error


@dataclass(repr=False)
class Other(Piece):
    """One of another kind."""

    kind: ClassVar[str] = "comments"


@pytest.fixture
def memory() -> Memory:
    return Memory(since=0.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(memory: Memory, clock: Clock) -> Writer:
    return new(memory, clock)


@dataclass
class Asked:
    """A repository that is there, or is away like the rest of GitHub."""

    away: bool = False
    asked: int = 0

    def ask_whether_there(self) -> None:
        """Count the question."""
        self.asked += 1
        if self.away:
            raise GitHubUnavailable("GitHub is out of order", unsure=True)


def new(memory: Memory, clock: Clock, repository: Asked | None = None) -> Writer:
    """The writer of another look."""
    return Writer("shop", memory, lambda: cast(Repository, repository), clock)


def test_one_bad_item_keeps_no_other_back(writer: Writer) -> None:
    attended, bad, good = RunReport(), Piece("bad", GitHubError("no such commit")), Piece("good")
    assert not writer.write(attended, [bad, good])
    assert attended.is_written(good)
    assert writer.complaints == ["bad: no such commit; tried again in 1 min"]
    writer.write(attended, [bad, good])
    assert (bad.tried, good.tried) == (1, 1)


def test_what_is_refused_is_not_tried_again_for_its_kind_in_this_look_and_said_once_in_the_log(
    memory: Memory, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    refused = GitHubRefused("the token lacks statuses: write", "statuses: write")
    pieces = [Piece("one", refused), Piece("two", refused), Other("three")]
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            new(memory, clock).write(RunReport(), pieces)
    assert (pieces[0].tried, pieces[1].tried, pieces[2].tried) == (3, 0, 3)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(("retry_after", "pause"), [(None, PAUSE), (0.0, 0.0), (90.0, 90.0), (86400.0, 3600.0)])
def test_a_github_that_is_away_is_given_the_time_it_asks_for(
    writer: Writer, memory: Memory, clock: Clock, retry_after: float | None, pause: float
) -> None:
    away, attended = GitHubUnavailable("GitHub is out of order", retry_after), RunReport()
    with pytest.raises(GitHubUnavailable):
        writer.write(attended, [Piece("one", away)])
    writer.rest(away)
    assert memory.quiet_until == clock.now + pause
    assert attended == RunReport()


def test_an_item_at_which_github_always_breaks_is_tried_again_in_growing_distances_and_then_given_up(
    memory: Memory, clock: Clock
) -> None:
    broken = GitHubUnavailable("GitHub is out of order: status 502", unsure=True)
    attended, bad, good, began = RunReport(), Piece("bad", broken), Piece("good"), clock.now
    said, tried_at = [], []
    while not (writer := new(memory, clock, Asked())).write(attended, [bad, good]) and clock.now < began + 90000:
        if bad.tried > len(tried_at):
            tried_at.append(clock.now - began)
            said += writer.complaints
        clock.now += 15
    assert tried_at[:5] == [0, 60, 180, 420, 900]
    assert said[2] == "bad: GitHub is out of order: status 502; tried again in 4 min"
    assert attended.is_given_up(bad) and attended.is_written(good)
    assert 20 * 3600 < clock.now - began < 26 * 3600


def test_one_question_tells_whether_github_breaks_at_items_or_is_away(memory: Memory, clock: Clock) -> None:
    broken = GitHubUnavailable("GitHub is out of order", unsure=True)
    there, attended = Asked(), RunReport()
    new(memory, clock, there).write(attended, [Piece("one", broken), Piece("two", broken)])
    assert (there.asked, len(attended.later)) == (1, 2)
    with pytest.raises(GitHubUnavailable):
        new(memory, clock, Asked(away=True)).write(RunReport(), [Piece("one", broken)])


def test_an_access_that_is_wrong_is_as_if_github_were_away(memory: Memory, clock: Clock) -> None:
    def closed() -> Repository:
        raise GitHubError("github.token is empty; set it anew")

    with pytest.raises(GitHubUnavailable, match=r"github\.token is empty"):
        Writer("shop", memory, closed, clock).write(RunReport(), [Piece("one")])


def test_a_look_ends_in_time_and_the_next_goes_on(writer: Writer, memory: Memory, clock: Clock) -> None:
    attended, pieces = RunReport(), [Piece("one"), Piece("two")]
    writer.write(attended, pieces[:1])
    clock.now += SECONDS_OF_A_LOOK + 1
    assert not writer.write(attended, pieces)
    assert new(memory, clock).write(attended, pieces)
    assert [piece.tried for piece in pieces] == [1, 1]


def test_an_item_that_was_never_taken_is_given_up(memory: Memory, clock: Clock) -> None:
    attended, bad = RunReport(), Piece("bad", GitHubError("no such commit"))
    while not new(memory, clock).write(attended, [bad]):
        clock.now += 3600
    assert attended.is_given_up(bad)
    assert new(memory, clock).write(attended, [bad])
