"""Story: the stages of a run, told from its events."""

from typing import Any

import pytest

from pipeline_defs.cli.cli_output import Output, exception_line, plain
from pipeline_defs.cli.run_follower import Story, show
from pipeline_defs.lineage.events import SKIPPED
from pipeline_defs.release.duration import duration


def event(kind: str, step: str | None = "shop_image.shop_build", at: float = 0.0, **more: Any) -> dict[str, Any]:
    return {
        "__typename": kind, "stepKey": step, "timestamp": str(int(at * 1000)), "level": "INFO", "message": "", **more,
    }  # fmt: skip


def test_a_stage_begins_and_ends_with_its_seconds() -> None:
    story = Story("shop")
    begun = story.take(event("ExecutionStepStartEvent", at=10))
    assert begun is not None
    assert (begun.name, begun.outcome, begun.seconds, story.running()) == ("build", "running", None, "build")
    ended = story.take(event("ExecutionStepSuccessEvent", at=12.25))
    assert ended is begun
    assert (ended.outcome, ended.seconds, story.running()) == ("succeeded", 2.2, "")


@pytest.mark.parametrize("kind", ["ExecutionStepOutputEvent", "ObservationEvent"])
def test_a_stage_that_had_nothing_to_do_is_skipped_and_says_why(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    story = Story("shop")
    story.take(event("ExecutionStepStartEvent", at=10))
    entries = [{"label": "test_counts"}, {"label": SKIPPED, "text": "built before"}]
    assert story.take(event(kind, metadataEntries=entries)) is None
    ended = story.take(event("ExecutionStepSuccessEvent", at=12))
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("skipped", "built before")
    show(ended, [], Output())
    assert capsys.readouterr().out.split() == ["-", "build", "skipped:", "built", "before"]


def test_a_failure_is_told_in_the_words_of_who_raised_it() -> None:
    story = Story("shop")
    story.take(event("ExecutionStepStartEvent"))
    story.take(event("LogMessageEvent", message="step 3/9\n\x1b[31mno such file\x1b[0m"))
    error = {
        "message": "dagster._core.errors.DagsterExecutionStepExecutionError: Error occurred while executing op",
        "errorChain": [
            {"error": {"message": "pipeline_defs.server.core.command.Unreachable: host a does not answer\n"}}
        ],
    }
    failed = story.take(event("ExecutionStepFailureEvent", error=error, failureMetadata=None))
    assert failed is not None
    assert failed.error == story.error == "host a does not answer"
    assert list(story.lines) == ["step 3/9", "no such file"]


def test_a_described_failure_is_told_by_its_description() -> None:
    story = Story("shop")
    stage = story.take(
        event("ExecutionStepFailureEvent", error={"message": "x"}, failureMetadata={"description": "1 test failed"})
    )
    assert stage is not None
    assert stage.error == "1 test failed"


def test_a_run_that_fails_without_a_stage_keeps_its_reason() -> None:
    story = Story("shop")
    story.take(event("RunFailureEvent", step=None, error={"message": "the worker was lost"}))
    assert (story.error, story.stages) == ("the worker was lost", {})


def test_a_run_that_dagster_could_not_start_says_why() -> None:
    story = Story("shop")
    cause = {
        "error": {"message": "dagster._core.errors.DagsterUserCodeUnreachableError: it took more than 170 seconds\n"}
    }
    for error in (cause["error"] | {"errorChain": [cause]}, {"message": "dropped from the queue"}, None):
        story.take(event("EngineEvent", step=None, error=error))
    story.take(event("RunFailureEvent", step=None, error=None))
    assert story.error == "Dagster could not start the run: it took more than 170 seconds"


def test_a_run_that_was_superseded_says_by_which() -> None:
    story = Story("shop")
    story.take(event("RunCanceledEvent", step=None, message="superseded by run 1a2b3c4d"))
    assert story.error == "superseded by run 1a2b3c4d"
    stopped = Story("shop")
    stopped.take(event("RunCanceledEvent", step=None, message="This run has been marked as canceled"))
    assert stopped.error is None


def test_the_first_stage_that_failed_names_the_reason_of_the_run() -> None:
    story = Story("shop")
    story.take(event("ExecutionStepFailureEvent", error={"message": "ValueError: first"}))
    story.take(event("RunFailureEvent", step=None, error={"message": "Steps failed"}))
    assert story.error == "first"


def test_nothing_a_terminal_obeys_is_passed_on() -> None:
    assert plain("\x1b]0;title\x07red \x1b[31mtext\x1b[0m\r\b") == "red text"


def test_durations_are_readable() -> None:
    assert [duration(seconds) for seconds in (0.04, 59.94, 60, 200.4)] == [
        "0.0 s",
        "59.9 s",
        "1 min 00 s",
        "3 min 20 s",
    ]


def test_of_a_traceback_the_exception_is_told() -> None:
    log = """Traceback (most recent call last):
  File "app.py", line 1, in <module>
    raise a.b.LoadError("nothing is here: shop")
a.b.LoadError: nothing is here: shop
    while it was read
"""
    assert exception_line(log) == "a.b.LoadError: nothing is here: shop"
    assert exception_line("it ended") == ""
