"""Run endings: runs that have ended since the last tick, each answered once, and one that cannot be answered keeps no other back."""

import logging
from collections.abc import Callable, Sequence
from typing import Literal

import dagster as dg
from pydantic import BaseModel, ValidationError

from pipeline_defs.orchestration.sensors.storage_activity import Probe
from pipeline_defs.runtime.automation.entries import ALL, read_entry

_OVERLAP = 100
"""Numbers of events: one that was written by another process may become visible after one with a higher number."""

_MOST = 200
_MOST_TRIES = 20
_RUN_KEY = "dagster/run_key"

End = Literal[dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED]

_log = logging.getLogger(__name__)

Answer = Callable[[dg.DagsterRun], list[dg.RunRequest] | str | None]
"""The runs that follow one that has ended, or a sentence why none does; None where there is nothing to say."""


class Progress(BaseModel):
    """How far a sensor has come, as its cursor.

    Attributes:
        after: the number of the newest event that was taken up.
        base: with which it began; what ended before that is none of its business.
        held: runs whose answer waits, and how often it was tried: their app is paused, or answering failed.
    """

    after: int
    base: int
    held: dict[str, int] = {}


class EndedRuns:
    """What a sensor on the ends of runs does in its ticks. `kind` is its name, `types` are the events of these ends."""

    def __init__(self, kind: str, *types: End) -> None:
        self._kind, self._types, self._probe = kind, types, Probe()

    def tick(
        self,
        instance: dg.DagsterInstance,
        cursor: str | None,
        concerns: Callable[[dg.DagsterRun], bool],
        answer: Answer,
        waits: Callable[[Sequence[dg.DagsterRun]], dict[str, str]] = lambda _runs: {},
    ) -> dg.SensorResult:
        """Answer what has ended.

        Args:
            concerns: whether a run that has ended is to be answered at all.
            answer: the answer to one run.
            waits: of these runs those that are not answered yet, {run: why}.
        """
        progress = self._progress(instance, cursor)
        moved = self._probe.moved(instance)
        if not (moved or progress.held):
            return dg.SensorResult(skip_reason="no run has ended", cursor=progress.model_dump_json())
        ended, after = self._ended(instance, progress) if moved else ([], progress.after)
        wanted = dict.fromkeys([*progress.held, *ended])
        runs = instance.get_runs(dg.RunsFilter(run_ids=list(wanted))) if wanted else []
        chosen = sorted((run for run in runs if concerns(run)), key=lambda run: list(wanted).index(run.run_id))
        waiting = waits(chosen)
        requests: list[dg.RunRequest] = []
        said, held = list(dict.fromkeys(waiting.values())), dict.fromkeys(waiting, 0)
        for run in chosen:
            if run.run_id in waiting:
                continue
            try:
                found = answer(run)
            except Exception as error:
                tries = progress.held.get(run.run_id, 0) + 1
                self._complain(run, error, tries)
                said.append(f"run {run.run_id[:8]}: {error}")
                held |= {run.run_id: tries} if tries < _MOST_TRIES else {}
                continue
            if isinstance(found, str):
                said.append(found)
            elif found:
                requests += [each for each in found if not self._is_asked(instance, each)]
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else "; ".join(said[:8]) or "no run has ended that is to be answered",
            cursor=Progress(after=after, base=progress.base, held=held).model_dump_json(),
        )

    def _progress(self, instance: dg.DagsterInstance, cursor: str | None) -> Progress:
        """How far it has come; without a cursor as far as the sensors of an older version, or else up to now."""
        try:
            return Progress.model_validate_json(cursor or "")
        except ValidationError:
            before = read_entry(instance, ALL, self._kind)
            newest = instance.event_log_storage.get_maximum_record_id() or 0
            after = int(before) if before and before.isdecimal() else newest
            return Progress(after=after, base=after)

    def _ended(self, instance: dg.DagsterInstance, progress: Progress) -> tuple[list[str], int]:
        """The runs that ended since, in their order, some of them again; and the number of the newest event."""
        found: list[tuple[int, str]] = []
        for kind in self._types:
            since = max(progress.base, progress.after - _OVERLAP)
            while True:
                wanted = dg.RunStatusChangeRecordsFilter(kind, after_storage_id=since)
                page = instance.fetch_run_status_changes(wanted, limit=_MOST, ascending=True).records
                found += [(record.storage_id, record.run_id) for record in page]
                if len(page) < _MOST:
                    break
                since = page[-1].storage_id
        newest = max([progress.after, *(number for number, _ in found)])
        return [run for _, run in sorted(found)], newest

    def _is_asked(self, instance: dg.DagsterInstance, request: dg.RunRequest) -> bool:
        """True where the run is there already, whoever asked for it: the sensors of an older version used the same keys."""
        return bool(instance.get_runs(dg.RunsFilter(tags={_RUN_KEY: request.run_key or ""}), limit=1))

    def _complain(self, run: dg.DagsterRun, error: Exception, tries: int) -> None:
        if tries in (1, _MOST_TRIES):
            what = "tried again" if tries == 1 else "given up"
            _log.warning(
                "%s: run %s cannot be answered: %s; %s", self._kind, run.run_id[:8], error, what, exc_info=error
            )
