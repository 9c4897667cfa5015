"""Poll: how long it takes without webhooks from a merge to its run."""

import random
import time

from benchmarks.github.app import REPOSITORY
from benchmarks.github.figures import Figures, percentile
from benchmarks.github.stack import Stack, run_of, wait_for
from benchmarks.parts import Tell

INTERVAL = 5.0  # seconds between two looks
SECONDS = 60.0


def measure(stack: Stack, tell: Tell, count: int = 20, seed: int = 1) -> Figures:
    """Merge so many times, at any moment between two looks; seconds until the run is in the queue, 95th percentile."""
    chance = random.Random(seed)
    seconds = [_merge(stack, number, chance.uniform(0, INTERVAL)) for number in range(count)]
    tell(f"from a merge to its run, without webhooks: {min(seconds):.2f} to {max(seconds):.2f} s, {count} merges")
    return {"poll_p95_s": percentile(seconds, 95)}


def _merge(stack: Stack, number: int, wait: float) -> float:
    """Seconds from a merge to its run."""
    time.sleep(wait)
    branch = f"polled-{number}"
    stack.github.commit(REPOSITORY, {f"polled/{number}.txt": "1"}, branch, by="dora", at="development")
    pull = stack.github.create_pull(REPOSITORY, branch, "development", by="dora")
    head = stack.github.merge(REPOSITORY, pull, by="dora")
    merged = time.time()
    run = run_of(head)
    wait_for(lambda: stack.instance.has_run(run), SECONDS, f"nothing answers the merge {head}")
    # The storage knows when a run was made to the second only.
    return (
        wait_for(lambda: stack.instance.get_run_stats(run).enqueued_time, SECONDS, f"run {run} is not queued") - merged
    )
