"""Fencing: who lost the lock changes nothing more, who is silent loses it, and what a dead run left running is ended."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core import lock
from pipeline_defs.server.core.command import ServerError, script
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.journal import Notes, marks
from pipeline_defs.server.core.lock import DEAD_SECONDS, Owner, beat, fence, locked, take
from pipeline_defs.server.core.procedure import Procedure, StepFailed
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.core.task import Task
from tests.unit.sample import example, run, site, task

OTHER = Owner(run="other", task="t", since="2026-01-31T12:00:00Z", actor="bob")


@pytest.fixture
def place(tmp_path: Path) -> Site:
    for name in ("journal", "logs", "results"):
        (tmp_path / name).mkdir()
    return site(tmp_path)


def mine(said: list[str] | None = None, alive: Callable[[str], bool | None] = lambda _: None) -> Task:
    say = (said if said is not None else []).append
    return task(example(), "production", run="mine", say=say, alive=alive)


def holder(place: Site) -> Owner:
    return Owner.read(Path(place.path("lock")).read_text())


def held_by_other(place: Site, silent: float = 0.0) -> str:
    """The other run holds the lock and gave its last sign of life so many seconds ago; its token."""
    taken = run(take(place, OTHER))
    assert taken.ok
    then = time.time() - silent
    if silent:  # an empty file is as old as its time says
        Path(place.path("lock.beat")).write_text("")
    os.utime(place.path("lock.beat"), (then, then))
    return taken.stdout.strip()


def takes_over(place: Site) -> None:
    assert run(take(place, OTHER, dead=holder(place).line())).ok


def test_no_group_may_write_to_the_lock_whatever_the_umask_is(place: Site) -> None:
    before = os.umask(0o002)
    try:
        held_by_other(place)
    finally:
        os.umask(before)
    made = [Path(place.path(name)) for name in ("lock", "lock.guard", "lock.token", "lock.beat")]
    assert [each for each in made if each.stat().st_mode & 0o022] == []


# The fencing token


def test_the_step_of_a_zombie_is_refused_and_nothing_is_executed(place: Site, tmp_path: Path) -> None:
    touch = Step("start", script('touch "$1"', str(tmp_path / "started")))
    with locked(place, mine(), LocalRunner(), Notes()) as held:
        procedure = Procedure(place, mine(), LocalRunner(), Execution(token=held.token))
        procedure.run([Step("files", script("true"))])
        takes_over(place)
        with pytest.raises(StepFailed, match=r"step start: another run has taken over the lock .*/lock$"):
            procedure.run([touch])
    assert not (tmp_path / "started").exists()
    assert holder(place) == OTHER  # it is not the zombie's to give back


def test_a_zombie_takes_nothing_back(place: Site, tmp_path: Path) -> None:
    undo = script('touch "$1"', str(tmp_path / "undone"))

    def take_over_then_fail(_: str) -> str:
        takes_over(place)
        return "no"

    with locked(place, mine(), LocalRunner(), Notes()) as held:
        procedure = Procedure(place, mine(), LocalRunner(), Execution(token=held.token))
        with pytest.raises(StepFailed):
            procedure.run([Step("start", script("true"), undo=undo, check=take_over_then_fail)])
    assert not (tmp_path / "undone").exists()


def test_a_takeover_in_the_middle_of_a_round_trip_stops_what_follows(place: Site, tmp_path: Path) -> None:
    take_it = take(place, OTHER, dead="").argv
    with locked(place, mine(), LocalRunner(), Notes()) as held:
        words = [*take_it[:6], holder(place).line(), *take_it[7:]]
        assert words[5] == OTHER.line()
        procedure = Procedure(place, mine(), LocalRunner(), Execution(token=held.token))
        with pytest.raises(StepFailed, match="step two: another run has taken over"):
            procedure.run(
                [Step("one", script('"$@"', *words)), Step("two", script('touch "$1"', str(tmp_path / "two")))]
            )
    assert not (tmp_path / "two").exists()


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["", "junk", "0", "5", "99999999999", "-1", "1 2"]), st.integers(1, 3))
def test_a_token_is_never_given_twice_and_only_grows(
    tmp_path_factory: pytest.TempPathFactory, found: str, takers: int
) -> None:
    place = site(tmp_path_factory.mktemp("site"))
    Path(place.path("lock.token")).write_text(found)
    given = []
    for number in range(takers):
        dead = holder(place).line() if number else ""
        taken = run(take(place, Owner(run=f"run-{number}", task="t", since="s", actor="a"), dead=dead))
        assert taken.ok, taken.stderr
        given.append(int(taken.stdout))
    assert given == sorted(set(given))
    assert not found.isdigit() or given[0] > int(found)


def test_the_same_owner_keeps_its_token(place: Site) -> None:
    assert held_by_other(place) == held_by_other(place)


# The heartbeat


def test_an_owner_unknown_here_is_waited_for_while_it_beats(place: Site) -> None:
    said: list[str] = []
    held_by_other(place, silent=DEAD_SECONDS - 10)
    with (
        pytest.raises(ServerError, match="run other has held the lock since"),
        locked(place, mine(said), LocalRunner(), Notes(), wait=-1),
    ):
        raise AssertionError("it was not free")
    assert said == ["waiting for run other (bob), which has held the lock since 2026-01-31T12:00:00Z"]
    assert holder(place) == OTHER


@pytest.mark.parametrize("alive", [None, True])
def test_an_owner_that_is_silent_is_taken_over_whatever_is_known_of_it(place: Site, alive: bool | None) -> None:
    said: list[str] = []
    held_by_other(place, silent=DEAD_SECONDS + 10)
    with locked(place, mine(said, lambda _: alive), LocalRunner(), Notes(), wait=-1):
        assert holder(place).run == "mine"
    [line] = said
    assert "which gave no sign of life for " in line and line.endswith(": taken over")


def test_a_lock_without_a_heartbeat_is_as_old_as_its_file(place: Site) -> None:
    held_by_other(place)
    Path(place.path("lock.beat")).unlink()
    with pytest.raises(ServerError), locked(place, mine(), LocalRunner(), Notes(), wait=-1):
        raise AssertionError("it was not free")
    os.utime(place.path("lock"), (time.time() - DEAD_SECONDS - 10,) * 2)
    with locked(place, mine(), LocalRunner(), Notes(), wait=-1):
        assert holder(place).run == "mine"


def test_whoever_holds_it_beats(place: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.02)
    file = Path(place.path("lock.beat"))
    with locked(place, mine(), LocalRunner(), Notes()):
        os.utime(file, (0, 0))
        while file.stat().st_mtime == 0:  # the test's own time-out ends it
            time.sleep(0.02)
    assert not file.exists()


def test_the_beat_of_a_zombie_is_none_of_its_successor(place: Site) -> None:
    token = held_by_other(place, silent=1000)
    run(beat(place, token))
    assert time.time() - Path(place.path("lock.beat")).stat().st_mtime < 500
    assert run(take(place, Owner(run="next", task="t", since="s", actor="a"), dead=OTHER.line())).ok
    os.utime(place.path("lock.beat"), (0, 0))
    run(beat(place, token))
    assert Path(place.path("lock.beat")).stat().st_mtime == 0


# The fence

_FORKS = 'trap "" TERM HUP; while :; do sleep 0.01; sleep 600 & sleep 0.01; done'


@pytest.fixture
def nobody(place: Site) -> Site:
    """A site of which no Engine has a container."""
    return Site("nobody", "production", place.config)


@pytest.fixture
def left_running(nobody: Site) -> Iterator[Callable[[dict[str, str]], subprocess.Popen[bytes]]]:
    """Starts programs that go on, start others, and do not listen, as a killed run may leave them."""
    begun: list[subprocess.Popen[bytes]] = []

    def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen(["sh", "-c", _FORKS], env={**os.environ, **environment}, start_new_session=True))
        return begun[-1]

    yield start
    for each in begun:
        subprocess.run(["pkill", "-KILL", "-s", str(each.pid)], check=False)
        each.wait(10)


def marked(place: Site, task_id: str) -> list[str]:
    """The programs with the marks of a task; dead ones have none."""
    text = 'for file in $(grep -lszFx -e "SHIPLINE_SITE=$1" /proc/[0-9]*/environ); do ' \
        'if grep -qszFx -e "SHIPLINE_TASK=$2" "$file"; then echo "$file"; fi; done'  # fmt: skip
    return run(script(text, place.path(), task_id)).stdout.split()


def test_a_fence_leaves_no_process_of_others_and_all_of_its_own(
    nobody: Site, left_running: Callable[[dict[str, str]], subprocess.Popen[bytes]]
) -> None:
    me = mine()
    dead = left_running({**marks(nobody, me), "SHIPLINE_TASK": "dead"})
    own = left_running(dict(marks(nobody, me)))
    elsewhere = left_running({"SHIPLINE_SITE": f"{nobody.path()}-2", "SHIPLINE_TASK": "dead"})
    while not (marked(nobody, "dead") and marked(nobody, me.id)):
        time.sleep(0.02)
    assert LocalRunner(environment={**os.environ, **marks(nobody, me)}).run(fence(nobody, me), timeout=60).ok
    assert marked(nobody, "dead") == []
    assert dead.wait(10) != 0
    assert own.poll() is None and elsewhere.poll() is None


def test_a_takeover_ends_what_the_dead_run_left_running_before_anything_is_asked(
    nobody: Site, left_running: Callable[[dict[str, str]], subprocess.Popen[bytes]]
) -> None:
    me = mine(alive=lambda _: False)
    left_running({**marks(nobody, me), "SHIPLINE_TASK": OTHER.task})
    while not marked(nobody, OTHER.task):
        time.sleep(0.02)
    held_by_other(nobody)
    ask = script('grep -lszFx -e "SHIPLINE_TASK=$1" /proc/[0-9]*/environ || echo nobody', OTHER.task)
    with locked(nobody, me, LocalRunner(), Notes(), ask) as held:
        assert held.answers[0].stdout == "nobody\n"


# The Engine refuses to remove a container that it is removing already; for some time it is still found.
_ENGINE = """#!/bin/sh
case $1 in
  ps) echo abc ;;
  rm) echo "removal of container abc is already in progress" >&2; exit 1 ;;
  inspect) echo asked >>"$ASKED"; [ "$(grep -c asked "$ASKED")" -lt "$FOUND" ] ;;
esac
"""


@pytest.mark.parametrize(("found", "well"), [(2, True), (99, False)])
def test_a_container_that_ends_by_itself_meanwhile_keeps_nobody_from_taking_over(
    nobody: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: int, well: bool
) -> None:
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text(_ENGINE)
    engine.chmod(0o755)
    for name, value in {
        "PATH": f"{engine.parent}:{os.environ['PATH']}",
        "ASKED": str(tmp_path / "asked"),
        "FOUND": str(found),
    }.items():
        monkeypatch.setenv(name, value)
    held_by_other(nobody)
    me = mine(alive=lambda _: False)
    if well:
        with locked(nobody, me, LocalRunner(), Notes(), script("echo there")) as held:
            assert held.answers[0].stdout == "there\n"
    else:
        refused = "end what an earlier run left running.*: removal of container abc is already in progress"
        with (
            pytest.raises(ServerError, match=refused),
            locked(nobody, me, LocalRunner(), Notes(), script("echo there")),
        ):
            pass


# Temporary files

_LOGS_IN = 'config=$(mktemp -d); echo "a log-in" >"$config/config.json"; find "$1" -name config.json'


def test_what_a_step_needs_for_a_moment_is_private_and_gone_when_the_lock_is(nobody: Site) -> None:
    me = mine()
    with locked(nobody, me, LocalRunner(), Notes(), script(_LOGS_IN, nobody.path("tmp"))) as held:
        (left,) = map(Path, held.answers[0].stdout.split())
        assert left.read_text() == "a log-in\n"
        assert Path(nobody.path("tmp")).stat().st_mode & 0o777 == 0o700
    assert not Path(nobody.path("tmp")).exists()


def test_what_a_dead_run_left_of_a_login_is_gone_before_anything_is_asked(nobody: Site) -> None:
    held_by_other(nobody)
    environment = {**os.environ, **marks(nobody, mine()), "SHIPLINE_TASK": OTHER.task}
    (left,) = map(
        Path,
        subprocess.check_output(
            ["sh", "-euc", _LOGS_IN, "left", nobody.path("tmp")], env=environment, text=True
        ).split(),
    )
    assert run(take(nobody, Owner(run="next", task="t", since="s", actor="a"))).status and left.exists()
    with locked(
        nobody, mine(alive=lambda _: False), LocalRunner(), Notes(), script('ls -A "$1"', nobody.path("tmp"))
    ) as held:
        assert held.answers[0].ok and held.answers[0].stdout == ""


def test_a_temporary_file_that_cannot_be_removed_keeps_nobody_from_the_lock(nobody: Site) -> None:
    held_by_other(nobody)
    stays = Path(nobody.path("tmp")) / "of-another-user"
    stays.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", str(stays)], check=True)
    try:
        with locked(nobody, mine(alive=lambda _: False), LocalRunner(), Notes()) as held:
            assert held.token
        assert not Path(nobody.path("lock")).exists()
    finally:
        subprocess.run(["umount", str(stays)], check=True)
