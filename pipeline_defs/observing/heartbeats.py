"""Heartbeats: when Dagster's daemons and the sensors last showed that they live, and after how long that means that they stand still."""

from collections.abc import Collection
from dataclasses import dataclass

from dagster import DagsterInstance
from dagster._core.scheduler.instigation import InstigatorState, SensorInstigatorData

DAEMON_SECONDS = 90.0
"""Without a heartbeat. Each daemon writes one every 30 s, and one that is busy may miss one or two."""

SENSOR_SECONDS = 60.0
"""Without a tick, at least: a tick may take that long, and the next one waits for it."""

INTERVALS = 3
"""Of a sensor that looks seldom, so many without a tick."""


@dataclass(frozen=True)
class Sign:
    """The last sign of life of a daemon's kind or of a sensor.

    Attributes:
        name: `SENSOR` and so on, as Dagster names its daemons, or the sensor's name.
        at: when it was, in seconds since 1970; None where none was ever seen.
        limit: seconds after which it stands still.
        interval: seconds between two ticks, 0 for a daemon.
    """

    name: str
    at: float | None
    limit: float
    interval: float = 0.0

    def age(self, now: float) -> float | None:
        """Seconds since then; a clock that was set back makes it no younger than now."""
        return None if self.at is None else max(now - self.at, 0.0)

    def stands_still(self, now: float) -> bool:
        """True where it is too old, or was never there."""
        age = self.age(now)
        return age is None or age > self.limit


def heartbeats(instance: DagsterInstance) -> list[Sign]:
    """One for each kind of daemon that this Dagster needs."""
    found = instance.get_daemon_heartbeats()
    kinds = sorted(instance.get_required_daemon_types())
    return [Sign(kind, found[kind].timestamp if kind in found else None, DAEMON_SECONDS) for kind in kinds]


def ticks(instance: DagsterInstance, defined: Collection[str] | None) -> list[Sign]:
    """One for each sensor that is switched on and has ticked, of those that are defined; None for all: nobody knows which are.

    Dagster keeps the state of a sensor whose app was taken away, and it would look as if it stood still.
    """
    states = instance.all_instigator_state()
    found = (_tick(state) for state in states if defined is None or state.instigator_name in defined)
    return sorted((sign for sign in found if sign is not None), key=lambda sign: sign.name)


def _tick(state: InstigatorState) -> Sign | None:
    data = state.instigator_data
    if not state.is_running or not isinstance(data, SensorInstigatorData):
        return None
    # When it began: one that hangs in its tick makes no new one. A sensor that was off has its last tick from before.
    times = (data.last_tick_start_timestamp, data.last_tick_timestamp, data.last_sensor_start_timestamp)
    at = max((each for each in times if each is not None), default=None)
    interval = float(data.min_interval or 0)
    return None if at is None else Sign(state.instigator_name, at, max(INTERVALS * interval, SENSOR_SECONDS), interval)
