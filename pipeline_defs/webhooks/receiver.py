"""Receiver: the HTTP server that GitHub delivers to. It accepts what is signed, keeps it, and answers at once."""

import logging
import re
import sqlite3
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline_defs.webhooks.apps import Apps
from pipeline_defs.webhooks.hint import Hint, Unreadable, hint_of
from pipeline_defs.webhooks.inbox import Inbox

LARGEST = 25 * 1024 * 1024
"""Bytes of a body; GitHub sends nothing larger."""

_GUID = re.compile(r"[0-9A-Za-z-]{8,64}")
_log = logging.getLogger(__name__)


class Receiver:
    """Answers deliveries with a status and one word: who is not GitHub learns nothing."""

    def __init__(self, apps: Apps, inbox: Inbox, wake: Callable[[], None], is_well: Callable[[], bool]) -> None:
        """`wake` tells that something was kept; `is_well` whether somebody looks at what is kept."""
        self._apps, self._inbox, self._wake, self._is_well = apps, inbox, wake, is_well

    def application(self) -> Starlette:
        """The application for a server."""
        routes = [
            Route("/", self._deliver, methods=["POST"]),
            Route("/github", self._deliver, methods=["POST"]),
            Route("/health", self._health, methods=["GET"]),
        ]
        return Starlette(routes=routes)

    async def _deliver(self, request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _answer(400)
        if body is None:
            return _answer(413)
        # Nothing is parsed before it is known to come from GitHub.
        apps = self._apps.signed_for(body, request.headers.get("X-Hub-Signature-256", ""))
        if not apps:
            return _answer(401)
        guid, event = request.headers.get("X-GitHub-Delivery", ""), request.headers.get("X-GitHub-Event", "")
        if not _GUID.fullmatch(guid) or not event:
            return _answer(400)
        try:
            hint = hint_of(event, request.headers.get("Content-Type", ""), body)
        except Unreadable:
            return _answer(400)
        about = tuple(sorted(app.name for app in apps if (app.full_name or "").lower() == hint.repository.lower()))
        return await self._keep(guid, about, hint)

    async def _keep(self, guid: str, apps: tuple[str, ...], hint: Hint) -> Response:
        if apps and not hint.is_empty:
            try:
                await run_in_threadpool(self._inbox.put, guid, apps, hint.branch, hint.pull)
            except sqlite3.Error:
                _log.exception("a delivery could not be kept")
                return _answer(500)
            self._wake()
        return _answer(202)

    async def _health(self, _: Request) -> Response:
        return _answer(200 if self._is_well() else 503)


async def _body(request: Request) -> bytes | None:
    """The body as it was sent, None when it is too large."""
    length = request.headers.get("Content-Length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


_WORDS = {200: "ok", 202: "accepted", 400: "bad request", 401: "unauthorized", 413: "too large", 503: "not well"}


def _answer(status: int) -> Response:
    return PlainTextResponse(f"{_WORDS.get(status, 'failed')}\n", status)
