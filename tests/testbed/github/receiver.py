"""A receiver of webhooks that writes down what arrives, byte for byte."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.testbed.container import LOOPBACK
from tests.testbed.waiting import holds_within


@dataclass(frozen=True)
class Received:
    """One delivery."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> str:
        """Its X-GitHub-Event."""
        return self.headers["x-github-event"]

    @property
    def guid(self) -> str:
        """Its X-GitHub-Delivery."""
        return self.headers["x-github-delivery"]

    @property
    def payload(self) -> Any:
        """Its body as JSON."""
        return json.loads(self.body)


class Receiver:
    """Listens at `url` while the `with` block runs; `received` has all deliveries in the order they came."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.received: list[Received] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(headers, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: pytest shows what is printed."""

        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}/hook"

    def wait_for(self, count: int, seconds: float = 5) -> list[Received]:
        """All deliveries as soon as there are that many; AssertionError when they do not come."""
        assert holds_within(seconds, lambda: len(self.received) >= count), f"{len(self.received)} of {count} came"
        return self.received

    def events(self) -> list[str]:
        """The names of the events, with their actions."""
        return [f"{one.event} {one.payload.get('action', '')}".strip() for one in self.received]

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
