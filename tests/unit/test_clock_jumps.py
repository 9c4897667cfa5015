"""A server's clock that is set an hour on or back while something waits: seconds are counted by what has passed."""

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_defs.config.home import PROJECT
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import Command, Result, script
from pipeline_defs.server.core.lock import BEAT_SECONDS, Owner, beat, take
from pipeline_defs.server.core.shell_clock import NOW
from tests.unit.sample import site

HOLDER, OTHER = (Owner(run=run, task=run, since="2026-01-31T12:00:00Z", actor="ada") for run in ("holder", "other"))
Run = Callable[[Command, int], Result]


@pytest.fixture
def at(tmp_path: Path) -> Run:
    """Execute a command on a machine whose clock is so many hours off."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "date").write_text('#!/bin/sh\nPATH=/usr/bin:/bin exec date -d "$HOURS hours" "$@"\n')
    (programs / "date").chmod(0o755)

    def run(command: Command, hours: int) -> Result:
        path = f"{programs}:{os.environ['PATH']}"
        done = LocalRunner().run(replace(command, environment={"PATH": path, "HOURS": str(hours)}), timeout=30)
        assert done.status in (0, 75), done.stderr
        return done

    return run


@pytest.mark.parametrize("hours", [1, -1])
def test_a_holder_of_the_lock_is_not_taken_for_dead_when_the_clock_jumps(at: Run, tmp_path: Path, hours: int) -> None:
    place = site(tmp_path / "site")
    token = at(take(place, HOLDER), 0).stdout.strip()
    for _ in range(2):
        seen = at(take(place, OTHER), hours)
        assert seen.status == 75
        assert 0 <= int(seen.stdout.partition("\n")[0]) < BEAT_SECONDS
        at(beat(place, token), hours)


def test_a_sign_of_life_from_before_a_restart_counts_by_the_clock(at: Run, tmp_path: Path) -> None:
    place = site(tmp_path / "site")
    at(take(place, HOLDER), 0)
    file = Path(place.path("lock.beat"))
    for written in (
        "00000000-0000-0000-0000-000000000000 5",
        "",
        "nonsense",
        f"{file.read_text().split()[0]} 99999999999",
    ):
        file.write_text(f"{written}\n")
        past = time.time() - 600
        os.utime(file, (past, past))
        assert 590 < int(at(take(place, OTHER), 0).stdout.partition("\n")[0]) < 700


def test_milliseconds_pass_whatever_the_clock_says(at: Run) -> None:
    first, second = at(script(f"{NOW}now; sleep 0.3; HOURS=5; now"), 1).stdout.split()
    assert 200 <= int(second) - int(first) < 20_000


def test_no_program_on_a_server_waits_by_the_clock() -> None:
    """A deadline made of `date` never comes when the clock is set back, and is there at once when it is set on."""
    texts = {file: file.read_text() for file in (PROJECT / "pipeline_defs" / "server").rglob("*.py")}
    waiting = re.compile(
        r"stat -c %Y .*-[lg][te] |(?:end|deadline|until|limit)=\$\(\( ?\$\(date|\$\(date [^)]*\)\"? -l[te] "
    )
    assert [file.name for file, text in texts.items() if waiting.search(text)] == []
