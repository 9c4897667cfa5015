"""From a request to an answer: faults, who asks, rate limit, route, permission, ETag, counting, check against the schema."""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Mount

from tests.testbed.github import access, githttp, remote, rest
from tests.testbed.github.access import Actor
from tests.testbed.github.control import Control
from tests.testbed.github.endpoints import ALL
from tests.testbed.github.faults import Fault
from tests.testbed.github.rest import JSON, Address, Answer, ApiError, Call, Route, not_found

ENTERPRISE = "/api/v3"
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
assert ALL, "importing them declared the routes"


class Hangup(Exception):
    """Close the connection without an answer."""


def application(control: Control) -> Any:
    """The ASGI application of a server."""

    async def answer(request: Request) -> Response:
        body = await request.body()
        done = await run_in_threadpool(_Exchange(control, request, body).run)
        if isinstance(done, Hangup):
            await _hang_up(request)
        assert isinstance(done, Answer), "or the connection is gone"
        return Response(done.content(), done.status, done.headers)

    inner = Starlette(routes=[Mount("/{path:path}", answer, methods=METHODS)])

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        scope["server.send"] = send
        with contextlib.suppress(Hangup):
            await inner(scope, receive, send)

    return outer


async def _hang_up(request: Request) -> None:
    """Cut the connection: ASGI has no way to say this, but the server's own object behind `send` has its transport."""
    request.scope["server.send"].__self__.transport.abort()
    await asyncio.sleep(0.01)  # the server learns of it in its own turn
    raise Hangup


class _Exchange:
    """One request, on its way through the layers."""

    def __init__(self, control: Control, request: Request, body: bytes) -> None:
        self.control = control
        self.world = control.world
        self.method = "GET" if request.method == "HEAD" else request.method
        self.headers: Mapping[str, str] = request.headers
        self.raw_query = request.scope["query_string"]
        self.body = body
        path = request.scope["path"]
        prefix = ENTERPRISE if path.startswith(f"{ENTERPRISE}/") else ""
        self.path = path.removeprefix(prefix)
        self.at = Address(f"http://{request.headers.get('host', 'localhost')}", prefix)
        self.actor = Actor()
        self.route: Route | None = None

    @property
    def name(self) -> str:
        """What the request is counted under."""
        return self.route.name if self.route else f"{self.method} ?"

    def run(self) -> Answer | Hangup:
        """The answer."""
        if self.path.startswith("/_control/"):
            return remote.serve(self.control, self.path, self.body)
        with self.world.lock:
            fault = self.world.faults.take(self.method, self.path)
        if fault is None:
            return self._serve()
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        done = self._serve() if fault.acts else None
        if fault.silent:
            return Hangup()
        return done if fault.kind == "slow" and done else self._faulty(fault, counted=done is not None)

    def _faulty(self, fault: Fault, counted: bool) -> Answer:
        with self.world.lock:
            if not counted:
                self._find_route()
                self.world.counts.count(self.name, fault.status, self.actor)
            answer = fault.answer(self.world.now())
            answer.headers = self._common() | {"Content-Type": JSON} | answer.headers
        return answer

    def _find_route(self) -> None:
        with contextlib.suppress(ApiError):
            self.route, _ = rest.find_route(self.method, self.path)

    def _serve(self) -> Answer:
        if self.path.startswith("/git/"):
            return self._git()
        with self.world.lock:
            try:
                answer = self._api()
            except ApiError as error:
                answer = self._checked(error.answer)
            except Exception:
                self.control.errors.append(traceback.format_exc())
                answer = Answer({"message": f"The stand-in failed: {traceback.format_exc(limit=-3)}"}, 500)
            answer = self._conditional(answer)
            self.world.counts.count(self.name, answer.status, self.actor)
            answer.headers = self._common() | {"Content-Type": JSON} | answer.headers
        return answer

    def _git(self) -> Answer:
        try:
            actor = access.identify(self.world, self.headers)
        except ApiError:
            return Answer(b"Invalid username or token.", 401, dict(githttp.ASK))
        return githttp.serve(
            self.world, self.method, self.path, self.raw_query.decode(), self.headers, self.body, actor
        )

    def _api(self) -> Answer:
        self.actor = access.identify(self.world, self.headers)
        if self.world.counts.exhausted(self.actor) and self.path != "/rate_limit":
            message = f"API rate limit exceeded for {self.actor.budget}."
            raise ApiError(403, message)
        if self.path.startswith("/repositories/"):
            self._by_number()
        route, parts = rest.find_route(self.method, self.path)
        self.route = route
        call = Call(self.world, self.at, self.method, self.path, rest.query(self.raw_query), self.headers, self.body,
                    self.actor, parts)  # fmt: skip
        if "repo" in parts:
            if moved := self._moved(parts):
                return moved
            call.found = self.world.repo(f"{parts['owner']}/{parts['repo']}")
            access.require(self.actor, call.found, route)
        said = route.handler(call)
        answer = said if isinstance(said, Answer) else Answer(said)
        return self._checked(answer)

    def _checked(self, answer: Answer) -> Answer:
        problem = self.control.checks.answer(self.route, answer) if self.route else None
        if problem:
            return Answer({"message": f"The answer is not what GitHub's description allows: {problem}"}, 500)
        return answer

    def _by_number(self) -> None:
        """`/repositories/{id}/…`, where a renamed repository's addresses lead."""
        number, slash, rest_of_path = self.path.removeprefix("/repositories/").partition("/")
        for repo in self.world.repos.values():
            if str(repo.id) == number:
                self.path = f"/repos/{repo.full_name}{slash}{rest_of_path}"
                return
        raise not_found()

    def _moved(self, parts: dict[str, str]) -> Answer | None:
        """https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"""
        old = f"{parts['owner']}/{parts['repo']}"
        repo = self.world.renamed.get(old.lower())
        if repo is None or old.lower() in self.world.repos or not access.can_see(repo, self.actor):
            return None
        rest_of_path = self.path.removeprefix(f"/repos/{old}")
        query = f"?{self.raw_query.decode()}" if self.raw_query else ""
        url = f"{self.at.api}/repositories/{repo.id}{rest_of_path}{query}"
        body = {"message": "Moved Permanently", "url": url, "documentation_url": rest.DOCUMENTATION}
        return Answer(body, 301 if self.method == "GET" else 307, {"Location": url})

    def _conditional(self, answer: Answer) -> Answer:
        """304 when the asker has this very answer; a strong and a weak tag of the same text are the same here."""
        if self.method != "GET" or answer.status != 200:
            return answer
        tag = answer.tag()
        asked = {one.strip().removeprefix("W/") for one in self.headers.get("if-none-match", "").split(",")}
        if tag.removeprefix("W/") in asked or asked == {"*"}:
            return Answer(None, 304, {"ETag": tag})
        answer.headers["ETag"] = tag
        return answer

    def _common(self) -> dict[str, str]:
        return {
            "Server": "github.com",
            "Date": formatdate(self.world.now(), usegmt=True),
            "Cache-Control": "private, max-age=60, s-maxage=60",
            "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": "2022-11-28",
            "X-GitHub-Request-Id": uuid4().hex[:24].upper(),
            **self.world.counts.headers(self.actor.budget),
        }
