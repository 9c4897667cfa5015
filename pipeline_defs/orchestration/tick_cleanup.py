"""Tick cleanup: what sensors and schedules did long ago. Dagster would remove it at each tick, which costs more than the tick."""

import time

import dagster as dg
from dagster._core.scheduler.instigation import TickStatus

_DAY = 86_400.0

_DAYS = {TickStatus.SKIPPED: 2, TickStatus.STARTED: 30, TickStatus.FAILURE: 30, TickStatus.SUCCESS: 365}
"""How long ticks are kept. Most of them found nothing to do."""


def remove_old_ticks(instance: dg.DagsterInstance) -> None:
    """Remove the ticks that are older than those of their status are kept."""
    for state in instance.all_instigator_state():
        for status, days in _DAYS.items():
            before = time.time() - days * _DAY
            instance.purge_ticks(state.instigator_origin_id, state.selector_id, before, [status])
