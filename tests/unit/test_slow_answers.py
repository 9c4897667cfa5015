"""Answers that come a byte at a time: whoever asked is free again in time, with a sentence."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import github
import pytest

from pipeline_defs.github.api import GitHubUnavailable, http_connection
from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.resources import registry_connection
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.whole_answer import within

BEGINNINGS = {
    "in its body": b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n",
    "in its headers": b"HTTP/1.1 200 OK\r\nX: ",
}


@pytest.fixture(params=BEGINNINGS)
def slow(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a server that begins an answer and goes on with a byte every 20 ms."""
    end = threading.Event()

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with contextlib.suppress(OSError), connection:
                    connection.recv(65536)
                    connection.sendall(BEGINNINGS[request.param])
                    while not end.wait(0.02):
                        connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]
        end.set()


def test_a_registry_that_sends_a_byte_at_a_time_is_given_up(slow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_connection, "ANSWER_SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(RegistryError, match=r"registry 127\.0\.0\.1:\d+ has not answered to the end within 0\.3 s"):
        Registry(f"127.0.0.1:{slow}/team/shop").tags()
    assert time.monotonic() - began < 5


def test_a_github_that_sends_a_byte_at_a_time_is_given_up(slow: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "ANSWER_SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(GitHubUnavailable, match="did not answer within"):
        Access(f"http://127.0.0.1:{slow}", github.Auth.Token("token")).get("/rate_limit")
    assert time.monotonic() - began < 5


def test_what_is_answered_in_time_is_given_back_and_what_is_raised_is_raised() -> None:
    assert within(5, lambda: "answer") == "answer"
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)
