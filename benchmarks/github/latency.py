"""Latency: how long it takes from a delivery to the first op of the run that answers it."""

import json
import time

from dagster import DagsterEventType

from benchmarks.github.app import REPOSITORY
from benchmarks.github.figures import Figures, percentile
from benchmarks.github.stack import Stack, run_of, wait_for
from benchmarks.parts import Tell

SECONDS = 60.0


def measure(stack: Stack, tell: Tell, count: int = 30) -> Figures:
    """Deliver so many pushes, each when the run of the one before has ended; seconds at the median and the 95th percentile."""
    found = seconds(stack, count)
    tell(f"from a delivery to the first op: {min(found):.2f} to {max(found):.2f} s, {count} deliveries")
    return {
        "delivery_to_first_op_p50_s": percentile(found, 50),
        "delivery_to_first_op_p95_s": percentile(found, 95),
    }


def seconds(stack: Stack, count: int) -> list[float]:
    """From each of so many deliveries to the first op."""
    return [_deliver(stack, number) for number in range(count)]


def _deliver(stack: Stack, number: int) -> float:
    """Seconds from the POST of a push to the start of the first op."""
    head = stack.github.commit(REPOSITORY, {f"latency/{number}.txt": "1"}, "development", by="dora")
    body = json.dumps({"ref": "refs/heads/development", "after": head, "repository": {"full_name": REPOSITORY}})
    began = time.time()
    stack.post(body.encode(), "push")
    run = run_of(head)
    wait_for(lambda: _ended(stack, run), SECONDS, f"the run of the delivery about {head} has not ended")
    started = stack.instance.get_records_for_run(run, of_type=DagsterEventType.STEP_START).records
    return min(record.timestamp for record in started) - began


def _ended(stack: Stack, run: str) -> bool:
    found = stack.instance.get_run_by_id(run)
    return found is not None and found.is_finished
