"""Receiver: the HTTP server that GitHub delivers to. It accepts what is signed, keeps it, and answers at once.

Headers are looked at first: what they refuse is never read.
"""

import logging
import re
import sqlite3
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pipeline_defs.github.webhooks.body_limit import BodyLimit, BodyRefused
from pipeline_defs.github.webhooks.delivery_hint import Hint, UnreadablePayload, hint_of
from pipeline_defs.github.webhooks.inbox import Inbox
from pipeline_defs.github.webhooks.signature import WELL_FORMED
from pipeline_defs.github.webhooks.webhook_senders import Sender, signed_by

_GUID = re.compile(r"[0-9A-Za-z-]{8,64}")
_EVENT = re.compile(r"[a-z_]{1,64}")
_log = logging.getLogger(__name__)


class Receiver:
    """Answers deliveries with a status and one word: who is not GitHub learns nothing."""

    def __init__(
        self,
        senders: Callable[[], Sequence[Sender]],
        inbox: Inbox,
        wake: Callable[[], None],
        is_well: Callable[[], bool],
    ) -> None:
        """`senders` says whose deliveries are accepted now; `wake` tells that something was kept.

        `is_well` says whether somebody looks at what is kept.
        """
        self._senders, self._inbox, self._wake, self._is_well = senders, inbox, wake, is_well
        self._room = BodyLimit()

    def application(self) -> Starlette:
        """The application for a server."""
        routes = [
            Route("/", self._deliver, methods=["POST"]),
            Route("/github", self._deliver, methods=["POST"]),
            Route("/health", self._health, methods=["GET"]),
        ]
        return Starlette(routes=routes)

    async def _deliver(self, request: Request) -> Response:
        refused = _refusal(request)
        if refused:
            return _answer(refused)
        try:
            async with self._room.body(request) as body:
                read = await run_in_threadpool(self._read, request, body)
        except BodyRefused as reason:
            return _answer(reason.status)
        except UnreadablePayload:
            return _answer(400)
        return _answer(401) if read is None else await self._keep(request.headers["X-GitHub-Delivery"], *read)

    def _read(self, request: Request, body: bytearray) -> tuple[tuple[str, ...], Hint] | None:
        """The apps that a delivery is for, and what it is about; None where it is not rightly signed. Raises UnreadablePayload.

        Nothing is parsed before it is known to come from GitHub. It takes long for a large body, so the event loop does not wait for it.
        """
        senders = signed_by(self._senders(), body, request.headers["X-Hub-Signature-256"])
        if not senders:
            return None
        hint = hint_of(request.headers["X-GitHub-Event"], request.headers.get("Content-Type", ""), body)
        return tuple(sorted(each.app for each in senders if each.repository.lower() == hint.repository.lower())), hint

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


def _refusal(request: Request) -> int:
    """The status with which a request is refused by its headers alone, 0 where its body may be read."""
    for name, form, status in (
        ("X-Hub-Signature-256", WELL_FORMED, 401),
        ("X-GitHub-Delivery", _GUID, 400),
        ("X-GitHub-Event", _EVENT, 400),
    ):
        given = request.headers.getlist(name)
        if len(given) != 1 or not form.fullmatch(given[0]):
            return status
    return 0


_WORDS = {
    200: "ok",
    202: "accepted",
    400: "bad request",
    401: "unauthorized",
    408: "too slow",
    411: "no length",
    413: "too large",
    503: "not well",
}


def _answer(status: int) -> Response:
    return PlainTextResponse(f"{_WORDS.get(status, 'failed')}\n", status)
