"""How a stage's failure stands in Dagster's storage: a sentence alone, or with the frames of a fault of Shipline's own."""

import dagster as dg

from pipeline_defs.deployments.stage_log import stop


def failed_with(error: Exception) -> dg.DagsterEvent:
    @dg.op
    def stage() -> None:
        raise error

    @dg.job
    def job() -> None:
        stage()

    result = job.execute_in_process(raise_on_error=False)
    (event,) = [event for event in result.all_node_events if event.is_step_failure]
    return event


def test_a_sentence_stands_alone() -> None:
    data = failed_with(stop("the tests failed: 1 of 9")).step_failure_data
    assert data.error is not None
    assert (data.error.message, list(data.error.stack), data.error.cause) == ("the tests failed: 1 of 9", [], None)
    assert data.user_failure_data is not None
    assert data.user_failure_data.description == "the tests failed: 1 of 9"


def test_a_fault_of_shiplines_own_keeps_its_frames() -> None:
    error = failed_with(LookupError("no such key")).step_failure_data.error
    assert error is not None and error.cause is not None
    assert "no such key" in error.cause.message
    assert any("in stage" in frame for frame in error.cause.stack)
