"""The receiver looks at the headers first: what they refuse is never read, and what is read has limits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.github.webhooks import body_limit as rooms
from pipeline_defs.github.webhooks.body_limit import LARGEST, BodyLimit
from pipeline_defs.github.webhooks.receiver import Receiver
from tests.support.receiving import BODY, SECRET, VARIABLE, receiver, right_headers, signed


def headers(body: bytes = BODY, **other: str | None) -> list[tuple[str, str]]:
    """Those of a right delivery, with others in their place; None leaves one out."""
    right: dict[str, str | None] = {
        **right_headers(body),
        **{name.replace("_", "-"): value for name, value in other.items()},
    }
    return [(name, value) for name, value in right.items() if value is not None]


class Delivery:
    """One delivery to the application: its status, and how much of its body was taken."""

    def __init__(self, given: list[tuple[str, str]], chunks: AsyncIterator[bytes]) -> None:
        self.status, self.taken = 0, 0
        self._given, self._chunks = given, chunks

    async def post(self, application: Any) -> int:
        scope = {
            "type": "http", "method": "POST", "path": "/github", "raw_path": b"/github", "query_string": b"", "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in self._given],
        }  # fmt: skip
        await application(scope, self._receive, self._send)
        return self.status

    async def _receive(self) -> dict[str, Any]:
        async for chunk in self._chunks:
            self.taken += len(chunk)
            return {"type": "http.request", "body": chunk, "more_body": True}
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)


async def whole(body: bytes) -> AsyncIterator[bytes]:
    for first in range(0, len(body), 65536):
        yield body[first : first + 65536]


async def unfinished(size: int) -> AsyncIterator[bytes]:
    """So many bytes, and then nothing for ever."""
    for _ in range(size // 65536):
        yield b"x" * 65536
        await asyncio.sleep(0)
    await asyncio.Event().wait()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    monkeypatch.setenv(VARIABLE, SECRET)
    return receiver(tmp_path)


@pytest.fixture
def post(made: Receiver) -> Callable[..., Delivery]:
    def post(given: list[tuple[str, str]], body: bytes = BODY) -> Delivery:
        delivery = Delivery(given, whole(body))
        asyncio.run(delivery.post(made.application()))
        return delivery

    return post


def test_a_right_delivery_is_accepted(post: Callable[..., Delivery]) -> None:
    assert post(headers()).status == 202
    assert post(headers(x_github_event="ping")).status == 202


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"x_hub_signature_256": None}, 401),
        ({"x_hub_signature_256": ""}, 401),
        ({"x_hub_signature_256": "sha1=" + "a" * 40}, 401),
        ({"x_hub_signature_256": "sha256=" + "A" * 64}, 401),
        ({"x_hub_signature_256": "sha256=" + "a" * 63}, 401),
        ({"x_hub_signature_256": "sha256=" + "a" * 64 + "\xe9"}, 401),
        ({"x_github_delivery": None}, 400),
        ({"x_github_delivery": "../x"}, 400),
        ({"x_github_event": None}, 400),
        ({"x_github_event": ""}, 400),
        ({"x_github_event": "push\u00a0"}, 400),
        ({"content_length": None}, 411),
        ({"content_length": "x"}, 400),
        ({"content_length": "-1"}, 400),
        ({"content_length": "\u00b2"}, 400),
        ({"content_length": str(LARGEST + 1)}, 413),
        ({"content_length": "9" * 5000}, 413),
    ],
)
def test_what_the_headers_refuse_is_never_read(
    post: Callable[..., Delivery], other: dict[str, Any], status: int
) -> None:
    delivery = post(headers(**other))
    assert (delivery.status, delivery.taken) == (status, 0)


@pytest.mark.parametrize("name", ["x-hub-signature-256", "x-github-delivery", "x-github-event", "content-length"])
def test_a_header_that_comes_twice_is_refused(post: Callable[..., Delivery], name: str) -> None:
    twice = [*headers(), *(pair for pair in headers() if pair[0] == name)]
    delivery = post(twice)
    assert delivery.status in (400, 401) and delivery.taken == 0


def test_what_is_not_rightly_signed_is_not_parsed(post: Callable[..., Delivery]) -> None:
    assert post(headers(x_hub_signature_256=signed(BODY, "another"))).status == 401
    assert post(headers(b"[" * 100_000, x_hub_signature_256=signed(BODY)), b"[" * 100_000).status == 401
    assert post(headers(b"["), b"[").status == 400


def test_more_than_was_said_is_not_taken(post: Callable[..., Delivery]) -> None:
    large = b"x" * (LARGEST + 65536)
    delivery = post(headers(large, content_length="10"), large)
    assert delivery.status == 413
    assert delivery.taken <= LARGEST + 65536


def test_unfinished_bodies_are_given_up_and_leave_room_for_others(made: Receiver) -> None:
    """Twelve of 25 MB would be 300; together they get no more than there is, for a moment."""
    made._room = BodyLimit(total=2**22, seconds=0.5)

    async def all_at_once() -> list[int]:
        forged = headers(content_length=str(LARGEST), x_hub_signature_256="sha256=" + "a" * 64)
        hostile = [Delivery(forged, unfinished(2**21)) for _ in range(12)]
        waiting = [asyncio.create_task(each.post(made.application())) for each in hostile]
        statuses = await asyncio.wait_for(asyncio.gather(*waiting), 10)
        right = await Delivery(headers(), whole(BODY)).post(made.application())
        return [*statuses, right]

    *statuses, right = asyncio.run(all_at_once())
    assert set(statuses) == {408, 503}
    assert right == 202
    assert made._room._free == 2**22


def test_the_event_loop_goes_on_while_a_large_body_is_checked(made: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """HMAC of 20 MB takes some ten milliseconds, for each app."""
    body = b"x" * (20 * 2**20)

    async def ticks() -> int:
        task = asyncio.create_task(Delivery(headers(body), whole(body)).post(made.application()))
        seen = 0
        while not task.done():
            await asyncio.sleep(0.001)
            seen += 1
        assert task.result() == 400  # rightly signed, and no payload
        return seen

    slow = made._senders

    def checked() -> Any:
        import time

        time.sleep(0.3)
        return slow()

    monkeypatch.setattr(made, "_senders", checked)
    assert asyncio.run(ticks()) > 50


def test_the_limits_are_what_github_needs() -> None:
    assert rooms.LARGEST == 25 * 2**20
    assert rooms.TOTAL < 100 * 2**20
