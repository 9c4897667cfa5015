"""An app whose file tells a service on this machine, runs of its jobs with small ops, and what its notify sensor sends."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg

from pipeline_defs.config import App, load_app
from pipeline_defs.notifications.outbox import Memory
from tests.integration.reported import SmallRuns
from tests.support.ticks import Ticking

CHAT, MAIL = "SHIPLINE_TEST_CHAT", "SHIPLINE_TEST_MAIL"
TOKEN = "t0ken-0f-the-chat"

APP = """
repository: acme/shop
image: 127.0.0.1:9/team/shop
environments:
  staging: {hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {name: shop, user: shop}}
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml,
               url: "https://shop.example.org"}
notify:
  - to: {env: SHIPLINE_TEST_CHAT}
  - to: {env: SHIPLINE_TEST_MAIL}
    on: [failed, rolled_back]
    environments: [production]
"""


class Service:
    """A service that takes messages, or refuses them while `status` is an error."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.asked = 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                service.asked += 1
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if service.status == 200:
                    service.taken.append((self.path, said))
                self.send_response(service.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing: its requests are told by `taken`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def address(self, path: str) -> str:
        """What a person writes into the settings to be told there."""
        return f"json://127.0.0.1:{self._server.server_port}/{path}"

    def titles(self, path: str) -> list[str]:
        """The titles of what was sent there, oldest first."""
        return [said["title"] for where, said in self.taken if where == f"/{path}"]

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def service() -> Iterator[Service]:
    """A service for the time of a test."""
    made = Service()
    try:
        yield made
    finally:
        made.close()


class Noticed(SmallRuns):
    """The app and its runs. `look` is one tick of the notify sensor as the daemon makes it."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        super().__init__(instance)
        (folder / "shop.yaml").write_text(APP)
        self.app: App = load_app(folder / "shop.yaml")
        self.ticking = Ticking(instance, self.app)

    def look(self) -> str:
        """One tick; gives what it said."""
        tick = self.ticking.tick("notify")
        assert not tick.run_requests
        return (tick.skip_message or "").removeprefix("shop: ")

    @property
    def memory(self) -> Memory:
        """What the sensor keeps of the app."""
        return Memory.model_validate_json(self.ticking.entry("shop", "notify") or "")

    def pass_time(self, seconds: float) -> None:
        """Let what waits be so much older."""
        memory = self.memory
        for box in memory.outboxes.values():
            box.waiting = [notice.model_copy(update={"at": notice.at - seconds}) for notice in box.waiting]
            if box.later is not None:
                box.later.after -= seconds
        self.ticking.set_entry("shop", "notify", memory.model_dump_json())
