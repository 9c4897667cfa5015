"""A page of somebody else's in a real browser, which tries what it can; and what stands behind Shipline's guard and notes what arrives."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from docs.browser import Page
from pipeline_defs.cli.local_ports import free_port
from pipeline_defs.runtime.web.host_names import LOOPBACK, Names
from pipeline_defs.runtime.web.request_guard import Guard
from pipeline_defs.runtime.web.web_login import Login
from tests.testbed.waiting import holds_within

REBINDING = "--host-resolver-rules=MAP *.example 127.0.0.1"
"""A browser's option: names of others lead to this machine, as after DNS rebinding."""

TOKEN = "a-token-of-this-start"
MUTATION = "mutation { launchRun }"
# What a page can make a browser do, each as the body of an asynchronous function that has the address of Shipline in `at`.
TRIES = {
    "form": """const form = document.createElement('form'); form.method = 'POST'; form.action = at + '/graphql';
        form.target = 'there'; form.innerHTML = `<input name=query value='${mutation}'>`;
        document.body.append(form); form.submit();""",
    "form of text": """const form = document.createElement('form'); form.method = 'POST'; form.action = at + '/graphql';
        form.enctype = 'text/plain'; form.target = 'there';
        form.innerHTML = `<input name='{"query":"${mutation}","x":"' value='"}'>`; document.body.append(form); form.submit();""",
    "form in the window": """const form = document.createElement('form'); form.method = 'GET'; form.action = at + '/graphql';
        form.target = '_blank'; form.innerHTML = `<input name=query value='${mutation}'>`;
        document.body.append(form); form.submit();""",
    "image": "new Image().src = at + '/graphql?query=' + encodeURIComponent(mutation);",
    "script": """const script = document.createElement('script'); script.src = at + '/runs';
        document.body.append(script);""",
    "frame": """const frame = document.createElement('iframe'); frame.src = at + '/runs'; document.body.append(frame);""",
    "fetch": "await fetch(at + '/graphql?query=' + encodeURIComponent(mutation), {mode: 'no-cors', credentials: 'include'});",
    "simple post": """await fetch(at + '/graphql', {method: 'POST', mode: 'no-cors', credentials: 'include',
        headers: {'Content-Type': 'text/plain'}, body: JSON.stringify({query: mutation})});""",
    "post of json": """await fetch(at + '/graphql', {method: 'POST', credentials: 'include',
        headers: {'Content-Type': 'application/json'}, body: JSON.stringify({query: mutation})});""",
    "report": """await fetch(at + '/report_asset_materialization/shop_image', {method: 'POST', mode: 'no-cors',
        credentials: 'include', body: 'x'});""",
    "beacon": "navigator.sendBeacon(at + '/graphql', new Blob([JSON.stringify({query: mutation})]));",
    "websocket": """await new Promise((done) => { const socket = new WebSocket(at.replace('http', 'ws') + '/graphql', 'graphql-ws');
        socket.onopen = () => { socket.send(mutation); done(); }; socket.onerror = done; });""",
}


class Recorder:
    """What stands behind the guard, in Dagster's place: it notes all that reaches it, and obeys it."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        routes = [
            WebSocketRoute("/graphql", self._socket),
            Route("/{path:path}", self._answer, methods=["GET", "POST", "OPTIONS"]),
        ]
        self._app = Starlette(routes=routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self.reached.append(f"{scope.get('method', 'WEBSOCKET')} {scope['path']}")
        await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        return HTMLResponse("<h1>Deployments</h1>") if request.method == "GET" else JSONResponse({"data": {}})

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept("graphql-ws")
        await socket.receive_text()


@contextmanager
def served(app: ASGIApp, port: int, host: str = "127.0.0.1") -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        assert holds_within(30, lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join()


async def _bait(_: Request) -> Response:
    return HTMLResponse("<h1>Win a prize</h1><iframe name=there></iframe>")


@contextmanager
def somebody_elses_page() -> Iterator[int]:
    """The port of it."""
    port = free_port()
    with served(Starlette(routes=[Route("/", _bait)]), port):
        yield port


@contextmanager
def shipline(page: Page, *, login: bool, guarded: bool = True) -> Iterator[tuple[Recorder, str]]:
    """What stands behind, and its address; the browser has been there, and is logged in."""
    recorder, port = Recorder(), free_port()
    guard = Guard(recorder, Names.of(LOOPBACK), Login(TOKEN, str(port)) if login else None)
    with served(guard if guarded else recorder, port):
        at = f"http://127.0.0.1:{port}"
        page.go(f"{at}/?token={TOKEN}")
        assert page.evaluate("document.body.innerText") == "Deployments"
        assert page.evaluate("document.cookie") == ""
        recorder.reached.clear()
        yield recorder, at


def tried(page: Page, at: str, *scripts: str) -> None:
    """Let the page that is shown try all of it, and wait until the browser is done with it."""
    words = f"const at = {json.dumps(at)}, mutation = {json.dumps(MUTATION)};"
    tries = "".join(f"try {{ {script} }} catch (error) {{}}\n" for script in map(_block, scripts))
    page.evaluate(f"(async () => {{ {words} {tries} await new Promise((done) => setTimeout(done, 500)); }})()")


def _block(script: str) -> str:
    return f"{{ {script} }}"
