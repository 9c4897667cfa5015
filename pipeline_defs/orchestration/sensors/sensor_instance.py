"""Sensor instance: Dagster's storage as a sensor sees it, opened once for the process instead of at every tick."""

import threading

import dagster as dg

_lock = threading.Lock()
_opened: dict[str, dg.DagsterInstance] = {}


def lasting_instance(context: dg.SensorEvaluationContext) -> dg.DagsterInstance:
    """The instance of a tick. It stays open after the tick, as a look may go on in its thread.

    Dagster opens one for each tick otherwise, which costs more than all that an idle tick asks of it.
    """
    reference = context.instance_ref
    if reference is None or context._instance is not None:  # a test gives one
        return context.instance
    key = str(reference)
    with _lock:
        if key not in _opened:
            _opened[key] = dg.DagsterInstance.from_ref(reference)
        return _opened[key]
