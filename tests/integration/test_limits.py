"""Limits that hold: what a stage may say, and how long it may take."""

import re
import resource
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline_defs.config.app import App
from pipeline_defs.config.value_types import MIB
from pipeline_defs.resources.tree_hash import source_tree
from tests.integration.tiny import IMAGE, Tiny

LINES = 2_000_000
_TALKS = f'BEGIN {{ for (i = 0; i < {LINES}; i++) print i, "{"x" * 92}" }}'
_LEFT_OUT = re.compile(r"… (\d+) bytes in (\d+) lines left out …")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test alone."""
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def lint(app: App, *command: str, timeout: int = 300) -> dict[str, object]:
    return {"lint": app.lint.model_copy(update={"command": command, "timeout": timeout})}


def said(tiny: Tiny, run: str) -> list[str]:
    """All that the run's log has, as lines."""
    return [line for entry in tiny.instance.all_logs(run) for line in entry.user_message.splitlines()]


@pytest.mark.thorough
def test_two_hundred_megabytes_of_output_are_beginning_and_end_in_constant_memory(tiny: Tiny, home: Path) -> None:
    tiny.commit("1.0.0", "one")
    tiny.change(**lint(tiny.app, "awk", _TALKS))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = said(tiny, tiny.run("deploy", IMAGE))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # kilobytes, on Linux
    numbers = [int(line.split()[0]) for line in lines if line.endswith("x" * 92) and "BEGIN" not in line]
    [left_out] = [match for line in lines if (match := _LEFT_OUT.fullmatch(line))]
    assert numbers[0] == 0 and numbers[-1] == LINES - 1
    assert len(numbers) + int(left_out[2]) == LINES
    assert MIB < sum(map(len, lines)) < 5 * MIB < 190 * 10**6 < int(left_out[1])


def test_the_home_says_how_much_is_kept_and_a_mistake_there_stops_a_run_before_anything(tiny: Tiny, home: Path) -> None:
    (home / "limits.yaml").write_text("log: 2 KiB\n")
    tiny.commit("1.0.0", "one")
    tiny.change(**lint(tiny.app, "seq", "10000"))
    numbers = [line for line in said(tiny, tiny.run("deploy", IMAGE)) if line.isdecimal()]
    assert numbers[0] == "1" and numbers[-1] == "10000" and len(numbers) < 1000
    (home / "limits.yaml").write_text("log: 5 GB\nlogs: 1\n")
    sentence = tiny.failure("deploy", IMAGE)
    assert 'limits.yaml: log: found "5 GB"; allowed: a whole number and its unit' in sentence
    assert "limits.yaml: logs: is not a known key; did you mean 'log'?" in sentence


def test_a_lint_command_that_takes_too_long_is_stopped_with_a_sentence(tiny: Tiny) -> None:
    tiny.commit("1.0.0", "one")
    tiny.change(**lint(tiny.app, "sleep", "600", timeout=1))
    limit = "lint did not end within 1 s (lint.timeout) and was stopped"
    assert tiny.failure("deploy", IMAGE) == f"{limit}; it ran `sleep 600`"


def test_a_build_waits_for_another_one_of_the_same_tree_no_longer_than_a_build_may_take(tiny: Tiny) -> None:
    tiny.commit("1.0.0", "one")
    tiny.change(build=tiny.app.build.model_copy(update={"timeout": 1}))
    tree = source_tree(tiny.repository, tiny.app.build)
    locks = tiny.repository.parent / "workspace" / "locks"
    locks.mkdir(parents=True)
    with FileLock(locks / f"{tree}.lock"):
        assert tiny.failure("deploy", IMAGE).startswith("the build has waited for 1 s (build.timeout) for another run")
