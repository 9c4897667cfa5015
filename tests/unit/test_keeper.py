"""The keeper starts again what was killed, and leaves alone what was stopped, in whatever order the Engine says so."""

import time
from typing import Any

import pytest

from pipeline_defs import keeper
from pipeline_defs.keeper import Keeper


class _Containers:
    """The part of the Engine's API that the keeper calls: one container, which has ended."""

    def __init__(self) -> None:
        self.api, self.started = self, list[str]()

    def inspect_container(self, container: str) -> dict[str, Any]:
        state = {"Running": container in self.started, "Restarting": False}
        return {"HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}}, "State": state}

    def start(self, container: str) -> None:
        self.started.append(container)


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
    monkeypatch.setattr(keeper, "PATIENCE", 0.5)
    engine = _Containers()
    keeps = Keeper(engine, "shipline")  # type: ignore[arg-type]  # only what it calls is here
    for event in events:
        if event == "later":
            time.sleep(1.2)
        else:
            keeps._hear({"Action": event, "Actor": {"ID": "web", "Attributes": {"name": "web"}}})
    end = time.monotonic() + 20
    while time.monotonic() < end and engine.started != started:
        time.sleep(0.02)
    time.sleep(1.2)
    assert engine.started == started
