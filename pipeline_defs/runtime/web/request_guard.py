"""Request guard: stands before Dagster's web application and lets through what the rules and the log-in allow."""

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline_defs.runtime.web.host_names import Names
from pipeline_defs.runtime.web.request_rules import refusal
from pipeline_defs.runtime.web.web_login import Login


class Guard:
    """An ASGI application around another one."""

    def __init__(self, app: ASGIApp, names: Names, login: Login | None) -> None:
        """Without a `login` all who reach it are let in: something before it has asked them who they are."""
        self._app, self._names, self._login = app, names, login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or WebSocket, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is None:
            await self._app(scope, receive, _shown_in_no_frame(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: status 403
        else:
            await refused(scope, receive, _shown_in_no_frame(send))

    def _refused(self, scope: Scope) -> Response | None:
        refused = refusal(scope, self._names)
        if refused is not None:
            return PlainTextResponse(refused.sentence + "\n", refused.status)
        if self._login is None:
            return None
        if scope["type"] == "websocket":
            return None if self._login.knows(scope) else PlainTextResponse("", 401)
        return self._login.answer(scope)


def _shown_in_no_frame(send: Send) -> Send:
    """What another site shows in a frame can be clicked on without being seen."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.append("Content-Security-Policy", "frame-ancestors 'none'")
            headers["X-Frame-Options"] = "DENY"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await send(message)

    return with_headers
