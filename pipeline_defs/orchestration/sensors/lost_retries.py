"""Lost retries: runs that Dagster means to make again, and that its daemon has passed over.

Dagster stores the event of a failure first, and the run's status and its tag `dagster/will_retry` after that. Its daemon reads events in
their order, and passes a run over for good whose status it finds unchanged between the two, or whose retry could not be submitted.
Source: dagster/_daemon/auto_run_reexecution, `should_retry` and `EventLogConsumerDaemon`.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

_CURSOR = f"EVENT_LOG_CONSUMER_CURSOR-{dg.DagsterEventType.RUN_FAILURE.value}"
"""Where the daemon keeps how far it has read."""
_EARLY, _LATE = 60.0, 3600.0
"""Seconds after the end of a run: by then its retry is there, and from then on nobody waits for it any more."""
_MOST = 100


class LostRetries:
    """Lets Dagster's daemon read the failures of such runs again; it makes no run again that has a retry already."""

    def __init__(self) -> None:
        self._looked = 0.0

    def look(self, instance: dg.DagsterInstance) -> list[str]:
        """Once a minute; gives the ids of the runs that were passed over."""
        if time.monotonic() - self._looked < _EARLY:
            return []
        self._looked = time.monotonic()
        lost = list(_passed_over(instance))
        if lost:
            _read_again(instance, set(lost))
        return lost


def _passed_over(instance: dg.DagsterInstance) -> Iterator[str]:
    now = time.time()
    meant = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.FAILURE],
        tags={"dagster/will_retry": "true"},
        updated_after=datetime.fromtimestamp(now - _LATE, UTC),
    )
    for record in instance.get_run_records(meant, limit=_MOST):
        run = record.dagster_run
        if "dagster/auto_retry_run_id" not in run.tags and now - (record.end_time or now) >= _EARLY:
            yield run.run_id


def _read_again(instance: dg.DagsterInstance, lost: set[str]) -> None:
    """Set the daemon back to before the first of these failures, where it has read so far."""
    recent = dg.RunStatusChangeRecordsFilter(dg.DagsterEventType.RUN_FAILURE, after_timestamp=time.time() - 2 * _LATE)
    failures = instance.fetch_run_status_changes(recent, limit=_MOST).records  # the newest come first
    first = min((each.storage_id for each in failures if each.run_id in lost), default=None)
    storage = instance.daemon_cursor_storage
    read = storage.get_cursor_values({_CURSOR}).get(_CURSOR, "")
    if first is not None and read.isdecimal() and int(read) >= first:
        storage.set_cursor_values({_CURSOR: str(first - 1)})
