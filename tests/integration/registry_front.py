"""A front that makes another kind of a real registry: one that lists referrers, refuses requests, or sends uploads elsewhere."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import requests

from pipeline_defs.resources.oci_manifest import INDEX, MANIFEST, descriptor
from pipeline_defs.resources.referrers import Entry
from tests.testbed.container import LOOPBACK


class Front(ThreadingHTTPServer):
    """Stands before the registry, and may be otherwise: list referrers itself, refuse a kind of request, send uploads elsewhere.

    `busy` says how many of the next requests with a method it refuses, as an overloaded one does.
    """

    def __init__(self, behind: str) -> None:
        super().__init__((LOOPBACK, 0), _Forwarding)
        self.behind = behind
        self.listed: list[Entry] | None = None
        self.busy: dict[str, int] = {}
        self.refused: tuple[str, str] | None = None
        self.upload_at = ""
        self.after_list: Callable[[], None] = lambda: None
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.server_port}"


@contextmanager
def standing_before(registry: str) -> Iterator[Front]:
    """A front that forwards everything yet, while the block runs."""
    with Front(registry) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Forwarding(BaseHTTPRequestHandler):
    def _forward(self) -> None:
        front = self.server
        assert isinstance(front, Front)
        front.asked.append(f"{self.command} {self.path}")
        given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if front.busy.get(self.command, 0):
            front.busy[self.command] -= 1
            self._answer(503, b"", {})
        elif front.refused and self.command == front.refused[0] and front.refused[1] in self.path:
            self._answer(405, b'{"errors": [{"code": "UNSUPPORTED", "message": "no artifacts here"}]}', {})
        elif front.listed is not None and "/referrers/" in self.path:
            known = self.headers.get("Authorization")
            self._list(front.listed) if known else self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="front"'})
        else:
            # With the Host it came with: the registry names places for uploads by it.
            answer = requests.request(
                self.command, f"http://{front.behind}{self.path}", headers=dict(self.headers), data=given, timeout=30
            )
            headers = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
            if front.upload_at and "Location" in headers:
                headers["Location"] = front.upload_at
            if front.listed is not None and self.command == "PUT" and answer.ok and "subject" in str(given):
                front.listed.append(self._entry(given))
                headers["OCI-Subject"] = json.loads(given)["subject"]["digest"]
            if self.command == "PUT" and "/manifests/sha256-" in self.path:
                front.after_list()
            self._answer(answer.status_code, answer.content, headers)

    def _entry(self, given: bytes) -> Entry:
        said = json.loads(given)
        return descriptor(MANIFEST, given, artifactType=said["artifactType"], annotations=said["annotations"])

    def _list(self, listed: list[Entry]) -> None:
        """One entry a page, as a registry may."""
        number = int(urlsplit(self.path).query.removeprefix("page=") or 0)
        link = (
            {"Link": f'<{urlsplit(self.path).path}?page={number + 1}>; rel="next"'} if number + 1 < len(listed) else {}
        )
        content = json.dumps(
            {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed[number : number + 1]}
        ).encode()
        self._answer(200, content, {"Content-Type": INDEX, **link})

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = _forward

    def log_message(self, *_: object) -> None:
        pass


_PASSED = ("Content-Type", "Docker-Content-Digest", "WWW-Authenticate", "Location")
