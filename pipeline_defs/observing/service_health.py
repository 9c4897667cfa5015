"""Service health: what Shipline consists of, and which of it stands still. It answers whatever is away, and within seconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline_defs.observing.dagster_storage import Storage, StorageUnavailable, unavailable_reason
from pipeline_defs.observing.heartbeats import Sign, heartbeats, ticks
from pipeline_defs.observing.probe import Asked, Probe
from pipeline_defs.runtime.code_server import CodeServerUnavailable

SECONDS = 5.0
"""How long the parts may take to answer, all together. Prometheus waits for ten, and the rest needs some of them."""


@dataclass(frozen=True)
class Part:
    """A part of Shipline: `storage`, `definitions`, `page`, `daemon <kind>` or `sensor <name>`. `why_not` is empty while it does well."""

    name: str
    why_not: str = ""

    @property
    def is_well(self) -> bool:
        """True while nothing is known against it."""
        return not self.why_not


@dataclass(frozen=True)
class HealthReport:
    """What one look has found; `daemons` and `sensors` are empty where the storage does not answer."""

    parts: tuple[Part, ...]
    daemons: tuple[Sign, ...] = ()
    sensors: tuple[Sign, ...] = ()

    @property
    def standing_still(self) -> list[Part]:
        """The parts that do not do well."""
        return [part for part in self.parts if not part.is_well]

    def has(self, name: str) -> bool:
        """True where this part does well."""
        return any(part.name == name and part.is_well for part in self.parts)


class Health:
    """The health of one Shipline."""

    def __init__(self, storage: Storage, sensors: Callable[[], set[str]], page: Callable[[], None]) -> None:
        """`sensors` gives the names of the sensors in the definitions, or raises CodeServerUnavailable; `page` raises OSError while the
        web page does not answer.
        """
        self._storage = storage
        self._sensors = sensors
        self._defined: set[str] | None = None
        self._signs = Probe("storage", self._read_signs)
        self._definitions = Probe("definitions", self._read_definitions)
        self._page = Probe("page", page)

    def report(self) -> HealthReport:
        """Ask all parts at once."""
        definitions, page, signs = self._definitions.begin(), self._page.begin(), self._signs.begin()
        until = time.monotonic() + SECONDS
        others = (Part("definitions", _why_not(definitions, until)), Part("page", _why_not(page, until)))
        try:
            daemons, sensors = signs.answer(until)
        except StorageUnavailable as error:
            return HealthReport((Part("storage", str(error)), *others))
        except Exception as error:  # of the database's driver, or that it takes too long
            return HealthReport((Part("storage", unavailable_reason(error)), *others))
        return HealthReport((Part("storage"), *others, *verdicts(daemons, sensors, time.time())), daemons, sensors)

    def _read_signs(self) -> tuple[tuple[Sign, ...], tuple[Sign, ...]]:
        instance = self._storage.instance()
        return tuple(heartbeats(instance)), tuple(ticks(instance, self._defined))

    def _read_definitions(self) -> None:
        self._defined = self._sensors()


def verdicts(daemons: Sequence[Sign], sensors: Sequence[Sign], now: float) -> list[Part]:
    """What each daemon's and sensor's last sign of life says, `now` in seconds since 1970."""
    return [
        *(Part(f"daemon {sign.name}", _late(sign, now, "heartbeat")) for sign in daemons),
        *(Part(f"sensor {sign.name}", _late(sign, now, "tick")) for sign in sensors),
    ]


def _late(sign: Sign, now: float, what: str) -> str:
    if not sign.stands_still(now):
        return ""
    age = sign.age(now)
    since = "there was never one" if age is None else f"the last one was {age:.0f} s ago"
    return f"no {what} within {sign.limit:.0f} s, {since}; look at the daemon's log"


def _why_not(asked: Asked[None], until: float) -> str:
    """Why a part does not answer, empty where it does."""
    try:
        asked.answer(until)
    except (
        CodeServerUnavailable,
        StorageUnavailable,
        OSError,
    ) as error:  # with a sentence, of ours or that it took too long
        return str(error)
    except Exception as error:
        return f"it cannot be asked: {type(error).__name__}: {error}"
    return ""
