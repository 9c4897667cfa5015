"""Journal: the intent stands before the act, the outcome before its end is told."""

import json
import stat
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.server.core.chain import Chain
from pipeline_defs.server.core.command import Command, command, script
from pipeline_defs.server.core.journal import Notes, journal_path, log_path
from pipeline_defs.server.core.journal import journalled as journalled_within
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task
from tests.unit.sample import SHELLS, example, run, site, task


@pytest.fixture
def here(tmp_path: Path) -> tuple[Site, Task]:
    """A site in a folder, and a task for it."""
    for name in ("journal", "logs"):
        (tmp_path / name).mkdir()
    place = site(tmp_path)
    return place, task(example(), "production")


def journalled(site: Site, of: Task, step: str, wanted: Command, **more: Any) -> Command:
    return journalled_within(site, of, step, wanted, **{"seconds": 60, **more})


def entries(site: Site, of: Task) -> list[dict[str, Any]]:
    path = Path(journal_path(site, of))
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def states(site: Site, of: Task) -> list[tuple[str, str]]:
    return [(entry["step"], entry["state"]) for entry in entries(site, of)]


def test_intent_and_outcome_are_whole_entries(here: tuple[Site, Task]) -> None:
    assert run(journalled(*here, "migrate", command("true"))).ok
    first, last = entries(*here)
    assert {key: first[key] for key in ("task", "step", "state")} == {
        "task": "20260131T120000Z-1a2b3c4d",
        "step": "migrate",
        "state": "doing",
    }
    assert last["state"] == "done"
    assert datetime.fromisoformat(first["at"]) <= datetime.fromisoformat(last["at"])


def test_the_intent_is_there_while_the_command_runs(here: tuple[Site, Task]) -> None:
    looked = run(journalled(*here, "migrate", command("cat", journal_path(*here))))
    [line] = looked.stdout.splitlines()
    assert json.loads(line)["state"] == "doing"


@pytest.mark.parametrize("status", [1, 7, 126, 127, 130, 143])
def test_a_failing_command_keeps_its_status_and_is_noted(here: tuple[Site, Task], status: int) -> None:
    done = run(journalled(*here, "test", script('echo said; echo loud >&2; exit "$1"', str(status))))
    assert (done.status, done.stdout, done.stderr) == (status, "said\n", "loud\n")
    assert states(*here) == [("test", "doing"), ("test", "failed")]


def test_a_program_that_is_not_there_is_a_failure(here: tuple[Site, Task]) -> None:
    assert run(journalled(*here, "test", command("no-such-program-anywhere"))).status == 127
    assert states(*here)[-1] == ("test", "failed")


def test_a_killed_command_leaves_its_intent_alone(here: tuple[Site, Task]) -> None:
    run(journalled(*here, "start", script('kill -9 "$(ps -o ppid= -p "$PPID" | tr -d " ")"')))
    assert states(*here) == [("start", "doing")]


def test_the_intent_says_what_is_done_and_what_would_take_it_back(here: tuple[Site, Task]) -> None:
    run(journalled(*here, "start", command("echo", 'it\'s "x"\n%s'), undo="docker rm 'a'\n"))
    first, last = entries(*here)
    assert first["does"] == "echo 'it'\"'\"'s \"x\"\n%s'"
    assert first["undo"] == "docker rm 'a'\n"
    assert set(last) == {"at", "task", "step", "state"}


def test_an_undo_is_noted_as_such(here: tuple[Site, Task]) -> None:
    run(journalled(*here, "start", command("true"), undoes=True))
    run(journalled(*here, "start", command("false"), undoes=True))
    assert [state for _, state in states(*here)] == ["undoing", "undone", "undoing", "failed"]


def test_a_journal_that_cannot_be_written_lets_nothing_happen(tmp_path: Path) -> None:
    place = site(tmp_path / "nowhere")
    done = run(journalled(place, task(example(), "production"), "start", command("touch", str(tmp_path / "happened"))))
    assert not done.ok
    assert "nowhere" in done.stderr
    assert not (tmp_path / "happened").exists()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@settings(max_examples=25)
@given(
    stdin=st.none() | st.binary(max_size=200),
    arguments=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9), max_size=3
    ),
    variable=st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
)
def test_standard_input_words_and_environment_reach_the_command(
    tmp_path_factory: pytest.TempPathFactory,
    shell: tuple[str, ...],
    stdin: bytes | None,
    arguments: list[str],
    variable: str | None,
) -> None:
    root = tmp_path_factory.mktemp("site")
    (root / "journal").mkdir()
    text = 'printf "%s\\0" "$@" "${GIVEN-not set}"; cat'
    environment = {} if variable is None else {"GIVEN": variable}
    wanted = Command(("sh", "-c", text, "witness", *arguments), stdin=stdin, environment=environment)
    noted = journalled(site(root), task(example(), "production"), "test", wanted)
    done = subprocess.run([*shell, "-c", noted.rendered()], input=noted.input_bytes(), capture_output=True, check=True)
    *words, heard = done.stdout.split(b"\0", len(arguments) + 1)
    assert [word.decode() for word in words] == [*arguments, "not set" if variable is None else variable]
    assert heard == (stdin or b"")


def test_a_journalled_command_shows_what_the_command_shows(here: tuple[Site, Task]) -> None:
    plain = script("cat", stdin=Secret("s3cr3t"), says="reads a secret")
    noted = journalled(*here, "pull", plain)
    assert noted.shown() == "reads a secret"
    assert "s3cr3t" not in f"{noted.rendered()} {noted!r}"
    assert run(noted).stdout == "s3cr3t"


# The log for people


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=4))
def test_what_a_step_said_is_added_to_log_and_journal(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    root = tmp_path_factory.mktemp("it's a $(site)")
    for name in ("journal", "logs"):
        (root / name).mkdir()
    here = site(root), task(example(), "production")
    for text in texts:
        notes = Notes(lines=[text])
        notes.say(here[1], "migrate", 1.5, [text])
        assert run(Chain(notes.links(*here)).command).ok
    assert [entry["output"] for entry in entries(*here)] == [[text] for text in texts]
    assert {(entry["step"], entry["state"], entry["seconds"]) for entry in entries(*here)} <= {("migrate", "said", 1.5)}
    if texts:
        file = Path(log_path(*here))
        assert file.read_bytes().decode() == "".join(f"{text}\n" for text in texts)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(Path(journal_path(*here)).stat().st_mode) == 0o600


def test_nothing_is_added_to_the_journal_where_there_is_nothing_to_say(here: tuple[Site, Task]) -> None:
    assert run(Chain(Notes(lines=["a line"]).links(*here)).command).ok
    assert entries(*here) == []


def test_the_log_is_named_by_time_and_environment(here: tuple[Site, Task]) -> None:
    assert Path(log_path(*here)).name == "20260131T120000Z_production.log"
    assert Path(journal_path(*here)).name == "20260131T120000Z-1a2b3c4d.jsonl"
