"""Run queue: Dagster's own, looked at twice a second. Its setting takes whole seconds only, and a run would wait for up to 1.5 s."""

from dagster import QueuedRunCoordinator

SECONDS = 0.5
"""Between two looks at the queue; the daemon sleeps for half a second at a time, so less is not to be had."""


class RunQueue(QueuedRunCoordinator):
    """The queue that dagster.yaml names as `run_coordinator`. It takes the same settings."""

    @property
    def dequeue_interval_seconds(self) -> float:  # type: ignore[override]
        """What the daemon asks for when it starts; it takes any number."""
        return SECONDS
