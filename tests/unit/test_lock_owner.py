"""Lock: whoever comes at the same time, one owner has it; a dead owner's is taken over, a live one's is not."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import Command, Listener, Result, ServerError, Unreachable
from pipeline_defs.server.core.journal import Notes
from pipeline_defs.server.core.lock import Owner, give_back, locked, take
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from tests.unit.sample import example, run, site, task

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def owner(run_id: str) -> Owner:
    return Owner(run=run_id, task=f"task of {run_id}", since="2026-01-31T12:00:00Z", actor="ada")


def holder(place: Site) -> str | None:
    """The run that holds the lock."""
    file = Path(place.path("lock"))
    return Owner.read(file.read_text()).run if file.exists() else None


def taken_by(place: Site, who: Owner, dead: str = "") -> str:
    """Try to take the lock; gives the run that has it then."""
    done = run(take(place, who, dead))
    assert done.status in (0, 75), done.stderr
    return who.run if done.ok else Owner.read(done.stdout.partition("\n")[2].rstrip("\n")).run


@given(st.builds(Owner, run=texts, task=texts, since=texts, actor=texts))
def test_an_owner_is_one_line_that_is_read_back(who: Owner) -> None:
    assert "\n" not in who.line()
    assert Owner.read(who.line()) == Owner.read(f"{who.line()}\n") == who


@pytest.mark.parametrize(
    "line", ["", "\n", "null", "[]", "5", '"x"', "{}", '{"run": "a"}', '{"run":', "\x00", '{"a": 1}']
)
def test_a_damaged_line_belongs_to_nobody(line: str) -> None:
    assert Owner.read(line) == Owner(run="", task="", since="", actor="")


def test_a_line_of_other_types_can_still_be_told(tmp_path: Path) -> None:
    assert Owner.read('{"run": 5, "task": null, "since": 1.5, "actor": []}').run[:8] == "5"


def test_of_eight_who_come_at_the_same_time_one_gets_it(tmp_path: Path) -> None:
    place = site(tmp_path / "not made yet")
    together = threading.Barrier(8)

    def attempt(number: int) -> str:
        together.wait()
        return taken_by(place, owner(f"run-{number}"))

    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            told = Counter(pool.map(attempt, range(8)))
        [(winner, times)] = told.items()
        assert times == 8
        assert holder(place) == winner
        assert run(give_back(place, owner(winner))).ok


def test_of_eight_who_take_over_from_a_dead_owner_one_gets_it(tmp_path: Path) -> None:
    place = site(tmp_path)
    taken_by(place, owner("dead"))
    with ThreadPoolExecutor(8) as pool:
        told = set(pool.map(lambda number: taken_by(place, owner(f"run-{number}"), owner("dead").line()), range(8)))
    assert told == {holder(place)}
    assert told != {"dead"}


def test_the_lock_is_taken_again_by_its_owner_and_by_no_other(tmp_path: Path) -> None:
    place = site(tmp_path)
    assert taken_by(place, owner("mine")) == "mine"
    assert taken_by(place, owner("other")) == "mine"
    assert taken_by(place, owner("other"), dead=owner("somebody").line()) == "mine"
    assert taken_by(place, owner("mine"), dead=owner("mine").line()) == "mine"


def test_only_its_owner_gives_it_back(tmp_path: Path) -> None:
    place = site(tmp_path)
    taken_by(place, owner("mine"))
    assert run(give_back(place, owner("other"))).ok
    assert holder(place) == "mine"
    assert run(give_back(place, owner("mine"))).ok
    assert holder(place) is None
    assert run(give_back(place, owner("mine"))).ok


@settings(max_examples=25)
@given(actor=texts)
def test_whoever_asks_is_only_a_word(tmp_path_factory: pytest.TempPathFactory, actor: str) -> None:
    place = site(tmp_path_factory.mktemp("site"))
    who = Owner(run="mine", task="t", since="s", actor=f"{actor}'\"$(touch /nowhere/x)`id`\\")
    assert run(take(place, who)).ok
    assert Path(place.path("lock")).read_text() == f"{who.line()}\n"
    assert run(give_back(place, who)).ok
    assert holder(place) is None


# Waiting for it


def waiting(said: list[str], alive: Callable[[str], bool], run_id: str = "mine") -> Task:
    return task(example(), "production", run=run_id, say=said.append, alive=alive)


def test_it_is_held_inside_and_free_afterwards(tmp_path: Path) -> None:
    place, said = site(tmp_path), list[str]()
    with locked(place, waiting(said, lambda _: False), LocalRunner(), Notes()):
        assert holder(place) == "mine"
    assert holder(place) is None
    with pytest.raises(ZeroDivisionError), locked(place, waiting(said, lambda _: False), LocalRunner(), Notes()):
        1 / 0  # noqa: B018
    assert holder(place) is None
    assert said == []


@pytest.mark.parametrize("dead", [owner("dead").line(), "", "junk", '{"run": 5}', "[]"])
def test_what_a_dead_run_left_is_taken_over_and_told(tmp_path: Path, dead: str) -> None:
    place, said = site(tmp_path), list[str]()
    (tmp_path / "lock").write_text(f"{dead}\n")
    with locked(place, waiting(said, lambda _: False), LocalRunner(), Notes()):
        assert holder(place) == "mine"
    assert len(said) == bool(dead)
    assert all("which has ended: taken over" in line for line in said)


def test_a_lock_of_the_same_run_is_its_own_again(tmp_path: Path) -> None:
    place = site(tmp_path)
    taken_by(place, owner("mine"))
    with locked(place, waiting([], lambda _: True), LocalRunner(), Notes()):
        assert holder(place) == "mine"


def test_a_live_owner_is_waited_for_and_named(tmp_path: Path) -> None:
    place, said = site(tmp_path), list[str]()
    taken_by(place, owner("other"))
    with (
        pytest.raises(
            ServerError, match="run other has held the lock since 2026-01-31T12:00:00Z; end that run"
        ) as caught,
        locked(place, waiting(said, lambda _: True), LocalRunner(), Notes(), wait=-1),
    ):
        raise AssertionError("it was not free")
    assert said == ["waiting for run other (ada), which has held the lock since 2026-01-31T12:00:00Z"]
    assert str(caught.value).startswith("shop production on root@127.0.0.1:22: ")
    assert holder(place) == "other"


@pytest.mark.parametrize("content", [b" {}\n", b"\xff\n", b"a\r\nb\n"])
def test_a_lock_that_is_damaged_beyond_reading_is_told_or_taken_over_but_not_waited_for(
    tmp_path: Path, content: bytes
) -> None:
    place = site(tmp_path)
    (tmp_path / "lock").write_bytes(content)
    try:
        with locked(place, waiting([], lambda _: False), LocalRunner(), Notes()):
            assert holder(place) == "mine"
    except ServerError as error:
        assert str(error).endswith("lock is damaged; remove that file, then run again")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = site(tmp_path / "file" / "site")
    with (
        pytest.raises(ServerError, match=r"the lock .*/lock cannot be written: "),
        locked(place, waiting([], lambda _: False), LocalRunner(), Notes()),
    ):
        raise AssertionError("it was not taken")


class LostServer(LocalRunner):
    """This machine until the lock is given back; then it is lost."""

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        if "unlock" in command.shown():
            raise Unreachable("the server was lost")
        return super().run(command, timeout=timeout, listen=listen)


def test_a_lock_that_cannot_be_given_back_hides_nothing_that_happened(tmp_path: Path) -> None:
    place, said = site(tmp_path), list[str]()
    with locked(place, waiting(said, lambda _: False), LostServer(), Notes()):
        pass
    with pytest.raises(ZeroDivisionError), locked(place, waiting(said, lambda _: False), LostServer(), Notes()):
        1 / 0  # noqa: B018
    assert "the lock could not be given back, which the next run makes good: the server was lost" in said
    with locked(place, waiting(said, lambda _: False, "next"), LocalRunner(), Notes()):
        assert holder(place) == "next"
