"""The receiver in a process of its own, and people who send it what never ends."""

import os
import socket
import sys
from collections.abc import Iterator

import psutil
import pytest
import requests

from pipeline_defs.cli.ports import free_port
from pipeline_defs.config.home import PROJECT
from pipeline_defs.webhooks.room import BODY_SECONDS, TOTAL
from tests.support.receiving import IDLE, SECRET, VARIABLE
from tests.testbed.waiting import holds_within
from tests.unit.test_webhook_receiver import BODY, headers

pytestmark = pytest.mark.timeout(180)

MEGABYTES = 2**20
HEAD = "POST /github HTTP/1.1\r\nHost: hooks.example.org\r\n"


class Receiving:
    """A receiver's process, and what is sent to it."""

    def __init__(self, port: int, process: psutil.Popen) -> None:
        self.port, self.process = port, process

    def memory(self) -> int:
        """MB that it has now."""
        return int(self.process.memory_info().rss) // MEGABYTES

    def begin(self, words: str, body: int = 0) -> socket.socket:
        """Send this and so many bytes, as far as they are taken within two seconds, and leave it unfinished."""
        to = socket.create_connection(("127.0.0.1", self.port), timeout=2)
        try:
            to.sendall(words.encode())
            for _ in range(body // 65536):
                to.sendall(b"x" * 65536)
        except OSError:
            pass  # nobody takes it any more
        return to

    def delivers(self) -> bool:
        """Whether a right delivery is accepted."""
        try:
            answer = requests.post(
                f"http://127.0.0.1:{self.port}/github", data=BODY, headers=dict(headers()), timeout=5
            )
        except requests.RequestException:
            return False
        return answer.status_code == 202


@pytest.fixture(scope="module")
def receiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiving]:
    port = free_port()
    folder = tmp_path_factory.mktemp("receiving")
    command = [sys.executable, "-m", "tests.support.receiving", str(folder), str(port)]
    with psutil.Popen(command, cwd=PROJECT, env=os.environ | {VARIABLE: SECRET}) as process:
        made = Receiving(port, process)
        assert holds_within(60, made.delivers)
        yield made
        process.kill()


def hostile(*more: str, length: int = 25 * MEGABYTES) -> str:
    lines = [f"Content-Length: {length}", "X-GitHub-Delivery: 12345678", "X-GitHub-Event: push", *more]
    return HEAD + "".join(f"{line}\r\n" for line in lines) + "\r\n"


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
