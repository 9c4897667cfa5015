"""Stage failures: a stage that ends with a sentence of its own is shown by that sentence alone, without the frames of Dagster and Shipline.

Dagster writes a stack trace for every exception, and shows it beside the message. Frames help where Shipline itself is at fault, which is
any other exception than `dagster.Failure`. There is no public way to leave them out; where Dagster has moved what is replaced here, they
are shown again and nothing else changes.
"""

from typing import Any

from dagster import DagsterEvent, Failure
from dagster._core.execution.plan import execute_plan
from dagster._core.execution.plan.objects import StepFailureData
from dagster_shared.error import SerializableErrorInfo

_NAME = "step_failure_event_from_exc_info"
_dagsters_own = getattr(execute_plan, _NAME, None)


def show_sentences_alone() -> None:
    """Let Dagster write the failures of this process's stages so. May be called again."""
    if _dagsters_own is not None:
        setattr(execute_plan, _NAME, _event)


def _event(step_context: Any, exc_info: Any, user_failure_data: Any = None, error_source: Any = None) -> DagsterEvent:
    failure = exc_info[1]
    if not isinstance(failure, Failure) or user_failure_data is None or not failure.description:
        made: DagsterEvent = _dagsters_own(step_context, exc_info, user_failure_data, error_source)  # type: ignore[misc]
        return made
    error = SerializableErrorInfo(message=failure.description, stack=[], cls_name=None)
    data = StepFailureData(error, user_failure_data, error_source)  # type: ignore[no-untyped-call]
    return DagsterEvent.step_failure_event(step_context=step_context, step_failure_data=data)
