"""Cursor migration: cursors of the sensors that each app had for itself up to 0.2 become entries, once, before any sensor ticks.

What was handled stays handled, and an app whose sensor for changes was switched off is paused. The old sensors' states are removed:
Dagster's daemon would read them at every tick.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from dagster import DagsterInstance
from dagster._core.scheduler.instigation import InstigatorState, SensorInstigatorData

from pipeline_defs.release.pause import Pause
from pipeline_defs.runtime.automation.app_pauses import read_pauses, write_pause
from pipeline_defs.runtime.automation.entries import (
    ALL,
    BRANCHES,
    CHAIN,
    DRIFT,
    GITHUB,
    NOTIFY,
    RECOVER,
    REPORT,
    read_entry,
    write_entries,
)

_OWN = {f"_{kind}": kind for kind in (BRANCHES, GITHUB, REPORT, NOTIFY, DRIFT)}
_SHARED = {"_then_stage": CHAIN, "_recover_failed": RECOVER, "_recover_canceled": RECOVER}
_WITHOUT_CURSOR = ("_after_freeze",)
_STOPS_ALL = (BRANCHES, GITHUB)


def take_over(instance: DagsterInstance) -> Iterator[str]:
    """Take over what the old sensors knew, and remove their states; gives a sentence for each app that is paused by it.

    Sensors on the ends of runs begin where the old ones ended, or in a home that is new with what ends from now on.

    Whatever is interrupted is done again at the next start: an entry that is there is never replaced.
    """
    states = instance.all_instigator_state()
    since: dict[str, int] = {}
    for state in states:
        app, kind = _meant(state.instigator_name)
        if not app:
            continue
        cursor = _cursor(state)
        if kind in _OWN.values() and cursor and read_entry(instance, app, kind) is None:
            write_entries(instance, kind, {app: cursor})
        if kind in _STOPS_ALL and not state.is_running and not read_pauses(instance, [app]):
            at = datetime.now(UTC).isoformat(timespec="seconds")
            reason = f"its sensor {state.instigator_name} was switched off"
            write_pause(instance, app, Pause(actor="upgrade", reason=reason, at=at))
            yield f"{app} is paused, as {reason}; resume it with: shipline resume {app}"
        if kind in _SHARED.values() and (last := _last_event(cursor)):
            since[kind] = min(since.get(kind, last), last)
    newest = instance.event_log_storage.get_maximum_record_id() or 0
    for kind in sorted(set(_SHARED.values())):
        # In a new home, too: a run may end before the sensor's first tick.
        if read_entry(instance, ALL, kind) is None:
            write_entries(instance, kind, {ALL: str(since.get(kind, newest))})
    for state in states:
        if _meant(state.instigator_name)[0]:
            instance.delete_instigator_state(state.instigator_origin_id, state.selector_id)


def _meant(name: str) -> tuple[str, str]:
    """The app and the kind of an old sensor; empty for any other."""
    for suffix, kind in [*_OWN.items(), *_SHARED.items(), *((each, "") for each in _WITHOUT_CURSOR)]:
        if name.endswith(suffix):
            return name.removesuffix(suffix), kind
    return "", ""


def _cursor(state: InstigatorState) -> str:
    data = state.instigator_data
    return (data.cursor or "") if isinstance(data, SensorInstigatorData) else ""


def _last_event(cursor: str) -> int:
    """The number of the last event that a sensor on the ends of runs has seen; 0 where its cursor does not tell."""
    try:
        return int(json.loads(cursor)["record_id"])
    except (ValueError, KeyError, TypeError):
        return 0
