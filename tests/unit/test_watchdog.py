"""The keeper starts again what was killed, and leaves alone what was stopped, in whatever order the Engine says so."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline_defs.runtime import watchdog
from pipeline_defs.runtime.watchdog import PATIENCE, Watchdog


class _Containers:
    """The part of the Engine's API that the keeper calls: one container, which has ended."""

    def __init__(self) -> None:
        self.api, self.started = self, list[str]()

    def inspect_container(self, container: str) -> dict[str, Any]:
        state = {"Running": container in self.started, "Restarting": False}
        return {"HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}, "State": state}

    def start(self, container: str) -> None:
        self.started.append(container)


class _Clock:
    """Time that passes when it is told to, in the place of `time` and of `threading.Timer`."""

    def __init__(self) -> None:
        self.now, self._due = 100.0, list[tuple[float, Callable[[], None]]]()

    def monotonic(self) -> float:
        return self.now

    def timer(self, seconds: float, call: Callable[..., None], given: tuple[Any, ...]) -> SimpleNamespace:
        return SimpleNamespace(start=lambda: self._due.append((self.now + seconds, lambda: call(*given))))

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        due = [call for at, call in self._due if at <= self.now]
        self._due = [each for each in self._due if each[0] > self.now]
        for call in due:
            call()


@pytest.mark.parametrize(
    ("events", "started"),
    [
        (["die"], ["web"]),
        (["die", "stop"], []),  # Engine 20.10 to 27
        (["stop", "die"], []),  # Engine 28 and 29
        (["stop", "die", "later", "die"], ["web"]),
    ],
)
def test_a_container_that_was_stopped_stays_stopped(
    events: list[str], started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, engine = _Clock(), _Containers()
    monkeypatch.setattr(watchdog, "time", clock)
    monkeypatch.setattr(watchdog, "threading", SimpleNamespace(Timer=clock.timer))
    keeps = Watchdog(engine, "shipline")  # type: ignore[arg-type]  # only what it calls is here
    for event in events:
        if event == "later":
            clock.pass_by(2 * PATIENCE)
        else:
            keeps._hear({"Action": event, "Actor": {"ID": "web", "Attributes": {"name": "web"}}})
            clock.pass_by(PATIENCE / 10)
    clock.pass_by(2 * PATIENCE)
    assert engine.started == started
