"""The receiver of webhooks in a process of its own, and unfinished requests to it."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from pipeline_defs.cli.local_ports import free_port
from pipeline_defs.config.home import PROJECT
from tests.support.receiving import BODY, SECRET, VARIABLE, right_headers
from tests.testbed.waiting import holds_within

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
                f"http://127.0.0.1:{self.port}/github", data=BODY, headers=right_headers(), timeout=5
            )
        except requests.RequestException:
            return False
        return answer.status_code == 202


@contextmanager
def receiving_in(folder: Path) -> Iterator[Receiving]:
    """A receiver that has taken one right delivery."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.receiving", str(folder), str(port)]
    with psutil.Popen(command, cwd=PROJECT, env=os.environ | {VARIABLE: SECRET}) as process:
        made = Receiving(port, process)
        assert holds_within(60, made.delivers)
        yield made
        process.kill()


def hostile(*more: str, length: int = 25 * MEGABYTES) -> str:
    """The headers of a delivery of so many bytes, with more of them."""
    lines = [f"Content-Length: {length}", "X-GitHub-Delivery: 12345678", "X-GitHub-Event: push", *more]
    return HEAD + "".join(f"{line}\r\n" for line in lines) + "\r\n"
