"""Webhook deliveries: really sent, signed, kept for the delivery list, and as unreliable as asked for.

https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests

from tests.testbed.github.records import Delivery, Hook, Repo

if TYPE_CHECKING:
    from tests.testbed.github.schema import Checks
    from tests.testbed.github.world import World

PATIENCE = 10
"""Seconds a receiver has to answer, as on GitHub."""
MOST_COPIES = 5


@dataclass
class Trouble:
    """How deliveries go wrong; each probability is between 0 and 1, `delay` is the longest wait in seconds."""

    drop: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0


class Deliveries:
    """Sends what is due in one thread: in order, unless a delay shuffles them."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self.trouble = Trouble()
        self.random = random.Random(seed)
        self.checks: Checks | None = None
        self._due: list[tuple[float, int, Hook, Delivery]] = []
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ended = False
        self._busy = False

    def send(self, repo: Repo, event: str, make: Callable[[], dict[str, Any]], only: Hook | None = None) -> None:
        """Send an event to the repository's hooks that want it, or to one; its payload is made when there is any."""
        hooks = [hook for hook in repo.hooks.values() if hook.active and {"*", event} & set(hook.events)]
        hooks = [only] if only else hooks
        if not hooks:
            return
        payload = make()
        if self.checks:
            self.checks.payload(event, payload)
        for hook in hooks:
            self._send(hook, event, payload)

    def redeliver(self, hook: Hook, delivery: Delivery) -> Delivery:
        """Send it again: the same body and the same `X-GitHub-Delivery`, and nothing goes wrong on the way."""
        again = self._new(hook, delivery.event, delivery.action, delivery.body, delivery.guid, redelivery=True)
        self._enqueue(hook, again, 0)
        return again

    def settled(self, seconds: float = 10) -> bool:
        """Wait until everything has been sent; False when it takes longer."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._due and not self._busy, seconds)

    def close(self) -> None:
        """Send nothing more."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()
        if self._thread:
            self._thread.join(PATIENCE)

    def _send(self, hook: Hook, event: str, payload: dict[str, Any]) -> None:
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
        if hook.content_type == "form":
            body = urlencode({"payload": body}).encode()
        delivery = self._new(hook, event, payload.get("action"), body, str(uuid.uuid4()))
        trouble = self.trouble
        if self.random.random() < trouble.drop:
            # GitHub lists a delivery that it could not make, and does not try again.
            delivery.status, delivery.status_code = "failed to connect to host", 0
            return
        copies = self.random.randint(2, MOST_COPIES) if self.random.random() < trouble.duplicate else 1
        for _ in range(copies):
            self._enqueue(hook, delivery, self.random.uniform(0, trouble.delay))

    def _new(
        self, hook: Hook, event: str, action: str | None, body: bytes, guid: str, redelivery: bool = False
    ) -> Delivery:
        delivery = Delivery(self._world.id(), guid, event, action, body, redelivery, self._world.now())
        delivery.request_headers = {
            "Accept": "*/*",
            "Content-Type": "application/json" if hook.content_type == "json" else "application/x-www-form-urlencoded",
            "User-Agent": f"GitHub-Hookshot/{hashlib.sha1(guid.encode(), usedforsecurity=False).hexdigest()[:7]}",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(hook.id),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
        }
        if hook.secret:
            delivery.request_headers["X-Hub-Signature-256"] = signature(hook.secret, body)
        hook.deliveries.append(delivery)
        return delivery

    def _enqueue(self, hook: Hook, delivery: Delivery, wait: float) -> None:
        with self._wake:
            heapq.heappush(self._due, (time.monotonic() + wait if wait else 0.0, self._world.id(), hook, delivery))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="github-deliveries", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
                while not self._ended and (not self._due or self._due[0][0] > time.monotonic()):
                    self._wake.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._ended:
                    return
                _, _, hook, delivery = heapq.heappop(self._due)
                self._busy = True
            _deliver(hook, delivery)


def _deliver(hook: Hook, delivery: Delivery) -> None:
    began = time.monotonic()
    try:
        answer = requests.post(
            hook.url, data=delivery.body, headers=delivery.request_headers, timeout=PATIENCE, allow_redirects=False
        )
        delivery.status_code, delivery.response = answer.status_code, answer.text[:10_000]
        delivery.response_headers = dict(answer.headers)
        delivery.status = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status_code}"
    except requests.Timeout:
        delivery.status_code, delivery.status = 0, "timed out"
    except requests.RequestException:
        delivery.status_code, delivery.status = 0, "failed to connect to host"
    delivery.duration = round(time.monotonic() - began, 2)


def signature(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`: over the bytes as they are sent."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
