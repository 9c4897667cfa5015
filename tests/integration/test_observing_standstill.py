"""/health beside a Shipline that runs: what stands still is named until it goes on."""

from collections.abc import Iterator

import psutil
import pytest
from filelock import FileLock

from pipeline_defs.config import Home
from pipeline_defs.observing import heartbeats
from tests.integration.observed import Observed, Observer, in_this_process, observed, until

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def shipline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """One for the module, of which nothing is asked."""
    with observed(tmp_path_factory.mktemp("standstill"), "exit 3") as running:
        yield running


@pytest.fixture
def impatient(shipline: Observed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Observer]:
    """An observer of the same home that needs not wait for a minute until something stands still."""
    for name, value in shipline.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(heartbeats, "SENSOR_SECONDS", 12.0)  # a tick every 5 s
    monkeypatch.setattr(heartbeats, "DAEMON_SECONDS", 35.0)  # a heartbeat every 30 s
    with in_this_process(Home(shipline.root)) as observer:
        until(lambda: observer.health() == (200, []))
        yield observer


def test_a_sensor_that_hangs_is_named_alone(shipline: Observed, impatient: Observer) -> None:
    with FileLock(shipline.root / "locks" / "look-shop.lock"):  # as another look does that takes too long
        until(lambda: impatient.health() == (503, ["sensor github"]))
    until(lambda: impatient.health() == (200, []))


@pytest.mark.parametrize(
    ("program", "part"), [("daemon", "daemon SENSOR"), ("code", "definitions"), ("webserver", "page")]
)
def test_a_program_that_was_killed_is_named_until_it_is_there_again(
    shipline: Observed, impatient: Observer, program: str, part: str
) -> None:
    supervisor, killed = psutil.Process(shipline.pid("up")), psutil.Process(shipline.pid(program))
    supervisor.suspend()  # or it would be started again at once
    try:
        for process in (*killed.children(recursive=True), killed):
            process.kill()
        until(lambda: (found := impatient.health())[0] == 503 and part in found[1])
        assert impatient.value("shipline_part_well", part=part) == 0
    finally:
        supervisor.resume()
    until(lambda: part not in impatient.health()[1])
