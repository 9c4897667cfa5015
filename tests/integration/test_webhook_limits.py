"""The receiver in a process of its own, and people who send it what never ends."""

import socket
from collections.abc import Iterator

import pytest
import requests

from pipeline_defs.github.webhooks.body_limit import BODY_SECONDS, TOTAL
from tests.support.receiving import IDLE
from tests.support.receiving_process import HEAD, MEGABYTES, Receiving, hostile, receiving_in
from tests.testbed.waiting import holds_within

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def receiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiving]:
    with receiving_in(tmp_path_factory.mktemp("receiving")) as made:
        yield made


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has ended it, whatever it said before."""
    connection.settimeout(0.2)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def test_unsigned_bodies_cost_no_memory(receiving: Receiving) -> None:
    before = receiving.memory()
    for _ in range(8):
        receiving.begin(hostile(), body=25 * MEGABYTES)
    assert receiving.memory() - before < 20
    assert receiving.delivers()


def test_what_is_sent_by_strangers_and_never_ends_holds_nobody_up_for_long(receiving: Receiving) -> None:
    """Silence, headers and signed bodies without an end, and more connections than there may be: all at once."""
    before = receiving.memory()
    silent = [receiving.begin("") for _ in range(30)]
    endless = [receiving.begin(f"{HEAD}X-Slow: ") for _ in range(30)]
    assert receiving.delivers()
    forged = hostile("X-Hub-Signature-256: sha256=" + "a" * 64)
    signed = [receiving.begin(forged, body=24 * MEGABYTES) for _ in range(12)]
    assert receiving.memory() - before < 2 * TOTAL // MEGABYTES
    crowd = [receiving.begin("") for _ in range(300)]
    answer = requests.get(f"http://127.0.0.1:{receiving.port}/health", timeout=10)
    assert answer.status_code == 503
    assert holds_within(IDLE + BODY_SECONDS + 40, receiving.delivers)
    assert holds_within(
        IDLE + BODY_SECONDS + 40,
        lambda: all(map(is_closed, [*silent, *endless, *signed])) and all(map(is_closed, crowd)),
    )
