"""A browser without a window: the tests and the pictures of the documentation look at Shipline's page with it."""

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
"""What Chromium's program is called, here and there."""

_WIDTH = 1400
_READY_SECONDS = 60.0
_SETTLE_SECONDS = 2.0  # graphs are laid out and panels slide in after their texts are there


def find_browser() -> str | None:
    """The path of Chromium on this machine, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page of a browser, spoken to in Chromium's own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def show(self, address: str, height: int, expected: str) -> None:
        """Go there and wait until the expected text is on the page."""
        size = {"width": _WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", **size)
        self._ask("Page.navigate", url=address)
        end = time.monotonic() + _READY_SECONDS
        while expected not in self._text():
            if time.monotonic() > end:
                raise TimeoutError(f"{address} did not show {expected!r}, but: {self._text()[:300]}")
            time.sleep(0.3)
        time.sleep(_SETTLE_SECONDS)

    def go(self, address: str) -> None:
        """Go there and wait until the page is loaded with all that is in it."""
        self._ask("Page.navigate", url=address)
        end = time.monotonic() + _READY_SECONDS
        while self.evaluate("location.href != 'about:blank' && document.readyState") != "complete":
            if time.monotonic() > end:
                raise TimeoutError(f"{address} was not loaded within {_READY_SECONDS:.0f} s")
            time.sleep(0.05)

    def evaluate(self, expression: str) -> Any:
        """What an expression of JavaScript gives in the page; a promise is awaited. Raises RuntimeError where it throws."""
        answer = self._ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['result'].get('description')}")
        return answer["result"].get("value")

    def picture(self, height: int) -> bytes:
        """The upper part of the page as it is seen now, PNG."""
        part = {"x": 0, "y": 0, "width": _WIDTH, "height": height, "scale": 1}
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png", clip=part)["data"])

    def _text(self) -> str:
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(timeout=_READY_SECONDS))).get("id") != number:
            pass  # an event
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])


@contextmanager
def page_of(browser: str, profile: Path, *more: str) -> Iterator[Page]:
    """A page of a browser that speaks with nobody but this machine; it has ended when the block does.

    `profile` is a folder for what the browser keeps; `more` are options of Chromium's.
    """
    profile.mkdir(parents=True, exist_ok=True)
    # fmt: off
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-port=0",
        f"--user-data-dir={profile}", *more, "about:blank",
    ]
    # fmt: on
    # In a group of its own: Debian's program is a shell that starts the browser, which would outlive it.
    process = subprocess.Popen(
        [browser, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        port = _first_line(profile / "DevToolsActivePort")
        targets = requests.get(f"http://127.0.0.1:{port}/json", timeout=10).json()
        address = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
        with connect(address, max_size=None) as socket:
            yield Page(socket)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)


def _first_line(file: Path) -> str:
    end = time.monotonic() + _READY_SECONDS
    while not file.exists() or not file.read_text():
        if time.monotonic() > end:
            raise TimeoutError(f"Chromium did not start: it wrote no {file}")
        time.sleep(0.1)
    return file.read_text().splitlines()[0]
