"""Procedures, executed for real on this machine: order, journal, log, undo, and the sentence when a step fails."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core import procedure
from pipeline_defs.server.core.chain import Chain
from pipeline_defs.server.core.command import Command, CommandTimeout, Listener, Result, command, script
from pipeline_defs.server.core.execution import Execution
from pipeline_defs.server.core.journal import journal_path, log_path
from pipeline_defs.server.core.procedure import Procedure, StepFailed
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import LONG_SECONDS, Step
from tests.unit.sample import example, site, task, with_environment

RESULTS = """<testsuites><testsuite name="pytest" time="0.5"><testcase classname="shop" name="test_good"/>
<testcase classname="shop" name="test_bad"><failure message="expected 1 to be 2"/></testcase></testsuite></testsuites>"""


@dataclass
class Place:
    """A folder in which procedures are executed, and what they said."""

    folder: Path
    said: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    execution: Execution = field(default_factory=Execution)
    timeout: int = 1800

    def run(self, *steps: Step, server: LocalRunner | None = None, on_failure: Command | None = None) -> None:
        """Execute a procedure here."""
        app = with_environment(example(), "production", directory=self.folder, timeout=self.timeout)
        place, server = Site.of(app, "production"), server or LocalRunner()
        try:
            Procedure(place, self.task, server, self.execution, on_failure).run(list(steps))
        finally:  # as whoever holds the lock does at its end
            LocalRunner().run(Chain(self.execution.notes.links(place, self.task)).command, timeout=10)

    @property
    def task(self) -> Any:
        return task(example(), "production", say=self.said.append, listen=self.heard.append)

    @property
    def journal(self) -> list[tuple[str, str]]:
        return [(entry["step"], entry["state"]) for entry in self.entries if entry["state"] != "said"]

    @property
    def entries(self) -> list[dict[str, Any]]:
        text = Path(journal_path(site(self.folder), self.task)).read_text()
        return [json.loads(line) for line in text.splitlines()]

    @property
    def log(self) -> str:
        return Path(log_path(site(self.folder), self.task)).read_text()

    def note(self, word: str, status: int = 0) -> Command:
        """A command that leaves a word behind and ends with a status."""
        return script('echo "$1" >>"$2"; exit "$3"', word, str(self.folder / "noted"), str(status), says=f"note {word}")

    @property
    def noted(self) -> list[str]:
        return (self.folder / "noted").read_text().split()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    for name in ("journal", "logs", "results"):
        (tmp_path / name).mkdir()
    return Place(tmp_path)


def test_a_long_step_may_take_as_long_as_its_environment_says_and_is_taken_back(place: Place) -> None:
    place.timeout = 1
    endless = Step("migrate", script("echo begun; sleep 600"), undo=place.note("back"), timeout=LONG_SECONDS)
    with pytest.raises(StepFailed, match=r"step migrate: .*it did not end within 1 s and was stopped"):
        place.run(endless)
    assert place.heard[0] == "begun" and place.noted == ["back"]


def test_steps_are_executed_in_order_journalled_timed_and_told(place: Place) -> None:
    place.run(Step("files", place.note("a")), Step("pull", place.note("b")), Step("start", place.note("c")))
    assert place.noted == ["a", "b", "c"]
    assert place.journal == [(step, state) for step in ("files", "pull", "start") for state in ("doing", "done")]
    assert [(timing.step, timing.outcome) for timing in place.execution.steps] == [
        ("files", "done"),
        ("pull", "done"),
        ("start", "done"),
    ]
    assert [step.name for step in place.execution.begun] == ["files", "pull", "start"]
    assert [line.partition(" in ")[0] for line in place.said] == ["files: done", "pull: done", "start: done"]


def test_output_goes_to_the_listener_and_to_the_log_on_the_server(place: Place) -> None:
    place.run(Step("migrate", script("echo 'it ''is'; echo loud >&2", says="alembic upgrade head")))
    assert sorted(place.heard) == ["it is", "loud"]
    lines = place.log.splitlines()
    assert lines[0].endswith("Z  migrate: alembic upgrade head")
    assert sorted(lines[1:3]) == ["    it is", "    loud"]
    assert "migrate: done in " in lines[3]


def test_what_was_begun_is_undone_in_reverse_and_nothing_else(place: Place) -> None:
    with pytest.raises(StepFailed):
        place.run(
            Step("one", place.note("do-1"), undo=place.note("undo-1")),
            Step("two", place.note("do-2")),
            Step("three", place.note("do-3", 1), undo=place.note("undo-3")),
            Step("four", place.note("do-4"), undo=place.note("undo-4")),
        )
    assert place.noted == ["do-1", "do-2", "do-3", "undo-3", "undo-1"]
    assert place.journal[-5:] == [
        ("three", "failed"),
        ("three", "undoing"),
        ("three", "undone"),
        ("one", "undoing"),
        ("one", "undone"),
    ]
    assert place.said[-2:] == ["three: undone", "one: undone"]
    assert [step.name for step in place.execution.begun] == ["one", "two", "three"]
    assert not place.execution.cut_off  # its end was heard


def test_an_undo_that_fails_keeps_no_other_from_being_tried(place: Place) -> None:
    with pytest.raises(StepFailed, match="step two"):
        place.run(
            Step("one", place.note("do-1"), undo=place.note("undo-1")),
            Step("two", place.note("do-2", 1), undo=place.note("undo-2", 1)),
        )
    assert place.noted[-2:] == ["undo-2", "undo-1"]
    assert place.said[-2:] == ["two: could not be undone; the next run does it", "one: undone"]


def test_what_explains_a_failure_is_asked_before_anything_is_undone(place: Place) -> None:
    with pytest.raises(StepFailed):
        place.run(Step("one", place.note("do", 1), undo=place.note("undo")), on_failure=place.note("explain"))
    assert place.noted == ["do", "explain", "undo"]


def test_what_the_containers_said_last_is_kept(place: Place) -> None:
    told = script(
        "for n in 1 2 3 4 5 6 7 8; do for m in 1 2 3 4 5; do echo line $n$m; done; done; printf '%0400d\\n' 0"
    )
    with pytest.raises(StepFailed):
        place.run(Step("one", place.note("do", 1), undo=place.note("undo")), on_failure=told)
    lines = place.execution.last_words.splitlines()
    assert (len(lines), lines[-2], len(lines[-1])) == (30, "line 85", 200)


@pytest.mark.parametrize(
    ("failing", "sentence"),
    [
        (script("echo first; echo last words >&2; exit 3"), "last words"),
        (script("echo only said; exit 3"), "only said"),
        (script("exit 3"), "exit status 3"),
        (command("no-such-program-anywhere"), "No such file or directory"),
        (
            script("echo 'cp: x: No space left on device' >&2; exit 1"),
            "the server's disk is full; free some room there and run again",
        ),
    ],
)
def test_a_failure_is_one_sentence_with_place_and_step(place: Place, failing: Command, sentence: str) -> None:
    with pytest.raises(StepFailed) as caught:
        place.run(Step("migrate", failing))
    text = str(caught.value)
    assert text.startswith("shop production on root@127.0.0.1:22, step migrate: ")
    assert text.endswith(sentence)
    assert f"StepFailed: {text}" in place.log


# Evidence


def leaving(place: Place, xml: str, status: int) -> Step:
    """A step that leaves a results file behind."""
    results = str(place.folder / "results" / "tests.xml")
    leave = script('printf "%s" "$1" >"$2"; exit "$3"', xml, results, str(status))
    return Step("test", leave, results=results, counts="tests")


def test_results_are_counted_whether_the_tests_passed_or_not(place: Place) -> None:
    with pytest.raises(StepFailed) as caught:
        place.run(leaving(place, RESULTS, 1))
    assert str(caught.value).endswith("step test: 1 of 2 failed, first shop.test_bad: expected 1 to be 2")
    assert place.execution.counts["tests"].failures == 1
    assert "test: 1 passed, 1 failed in 0.5 s" in place.said


def test_results_of_several_collections_add_up(place: Place) -> None:
    good = '<testsuite name="a" time="1"><testcase name="x"/></testsuite>'
    place.run(leaving(place, good, 0), leaving(place, good, 0))
    assert place.execution.counts == {"tests": TestCounts(tests=2, seconds=2.0)}


def test_no_results_leave_the_decision_to_the_exit_status(place: Place) -> None:
    place.run(Step("test", command("true"), results=str(place.folder / "nowhere.xml"), counts="tests"))
    assert place.execution.counts == {}


def test_results_that_cannot_be_read_are_a_failure(place: Place) -> None:
    with pytest.raises(StepFailed, match="step test: the results file test is not JUnit XML"):
        place.run(leaving(place, "<html>", 0))


def test_facts_are_learnt_from_what_a_step_said(place: Place) -> None:
    place.run(Step("revision", command("echo", "0003 (head)"), learn=lambda output: {"revision": output.split()[0]}))
    assert place.execution.facts == {"revision": "0003"}


# Interruptions


class Interrupted(BaseException):
    """Stands for a cancelled run: not an Exception, like Dagster's own."""


class Interrupting(LocalRunner):
    """This machine, on which a run is interrupted as a step begins."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        def hear(line: str) -> None:
            if listen:
                listen(line)
            if line.endswith(f"begin {self.step}"):
                self.step = "\0"
                raise Interrupted

        return super().run(command, timeout=timeout, listen=hear)


def test_an_interrupted_procedure_is_undone_and_goes_on_being_interrupted(place: Place) -> None:
    with pytest.raises(Interrupted):
        place.run(
            Step("start", place.note("do-1"), undo=place.note("undo-1")),
            Step("migrate", command("sleep", "5"), undo=place.note("undo-2")),
            server=Interrupting("migrate"),
        )
    assert place.noted == ["do-1", "undo-2", "undo-1"]
    assert [(timing.step, timing.outcome) for timing in place.execution.steps] == [
        ("start", "done"),
        ("migrate", "failed"),
    ]


def test_a_step_that_takes_too_long_is_stopped_and_undone(place: Place) -> None:
    with pytest.raises(Exception, match=r"did not end within 0\.2 s"):
        place.run(Step("start", command("sleep", "60"), undo=place.note("undo"), timeout=0.2))
    assert place.noted == ["undo"]


def test_a_step_that_does_not_answer_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procedure, "_SPARE_SECONDS", 0.5)
    deaf = script("trap '' TERM; while :; do sleep 1; done")
    with pytest.raises(
        CommandTimeout, match=r"shop production on root@\S+, step start: the server said no more within 0\.7 s"
    ):
        place.run(Step("start", deaf, undo=place.note("undo"), timeout=0.2))
    assert place.noted == ["undo"]
