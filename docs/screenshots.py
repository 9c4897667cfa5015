"""The pictures of the documentation, taken from a finished demo: `python docs/screenshots.py`.

Run `make demo ONCE=1` before. It needs Chromium on the PATH (Debian: apt-get install chromium fonts-dejavu-core) and installs
nothing. The demo's home is copied and a Shipline of its own is started on the copy, so nothing of the demo is changed.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

from pipeline_defs.config.home import PROJECT

IMAGES = PROJECT / "docs" / "images"
DEMO = PROJECT / ".shipline" / "demo"
COPY = PROJECT / ".shipline" / "shots"
SHIPLINE = PROJECT / ".venv" / "bin" / "shipline"
REPOSITORY = "https://git.example.org/acme/shop.git"
"""What the pictures show as the app's repository, instead of a path of the machine they were taken on."""

WIDTH = 1400
_READY_SECONDS = 60.0
_SETTLE_SECONDS = 2.0  # graphs are laid out and panels slide in after their texts are there


def main() -> int:
    """Take all pictures. Status 0, or 1 with a sentence about what is missing."""
    browser = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if browser is None:
        return _fail("there is no Chromium here; on Debian: apt-get install chromium fonts-dejavu-core")
    if not DEMO.is_dir():
        return _fail("there is no finished demo; run: make demo ONCE=1")
    IMAGES.mkdir(exist_ok=True)
    try:
        with shipline_on_a_copy() as url, page_of(browser) as page:
            for name, (address, height, shown, expected) in pictures(url).items():
                page.show(f"{url}{address}", height, expected)
                file = IMAGES / f"{name}.png"
                file.write_bytes(page.picture(shown))
                print(f"{file.relative_to(PROJECT)}: {file.stat().st_size // 1000} kB")
    except subprocess.CalledProcessError:  # it has said why
        return _fail("Shipline does not start on a copy of the demo's home")
    return 0


def pictures(url: str) -> dict[str, tuple[str, int, int, str]]:
    """The pictures by name: address, the page's height, how much of it is shown, and a text that is there once the page is."""
    deployed = _run_of(url, "shop_deploy", "SUCCESS")
    went_back = _run_of(url, "shop_deploy", "FAILURE")
    # The runs' logs are filtered by a word: the rest of their lines names paths of this machine.
    return {
        "lineage": ("/locations/__repository__@shipline/asset-groups/shop/lineage", 520, 460, "Unsynced"),
        "job": ("/locations/__repository__@shipline/jobs/shop_deploy", 900, 860, "shop_production"),
        "runs": ("/runs", 740, 740, "shop_integrate"),
        "deployment": (f"/runs/{deployed}?logs=done in", 900, 900, "switch: done"),
        "rolled-back": (f"/runs/{went_back}?logs=going back", 900, 530, "going back:"),
        "production": ("/assets/shop_production?view=events", 1120, 1120, "Materialized in run"),
        "automation": ("/automation", 520, 430, "shop_github"),
    }


@contextmanager
def shipline_on_a_copy() -> Iterator[str]:
    """A Shipline on a copy of the demo's home; gives its address. It is ended and the copy removed when the block ends."""
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(DEMO, COPY, symlinks=True)
    (COPY / "service.json").unlink(missing_ok=True)
    git = COPY / "gitconfig"
    git.write_text(f'[url "{COPY / "git" / "shop.git"}"]\n  insteadOf = {REPOSITORY}\n')
    variables = {**os.environ, "SHIPLINE_HOME": str(COPY), "SHOP_REPOSITORY": REPOSITORY, "GIT_CONFIG_GLOBAL": str(git)}
    try:
        subprocess.run([SHIPLINE, "up", "--detach"], env=variables, check=True, stdout=subprocess.DEVNULL)
        yield json.loads((COPY / "service.json").read_text())["url"]
    finally:
        subprocess.run([SHIPLINE, "down"], env=variables, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(COPY, ignore_errors=True)


class Page:
    """One page of a browser, spoken to in Chromium's own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    def show(self, address: str, height: int, expected: str) -> None:
        """Go there and wait until the expected text is on the page."""
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", **size)
        self._ask("Page.navigate", url=address)
        end = time.monotonic() + _READY_SECONDS
        while expected not in self._text():
            if time.monotonic() > end:
                raise TimeoutError(f"{address} did not show {expected!r}, but: {self._text()[:300]}")
            time.sleep(0.3)
        time.sleep(_SETTLE_SECONDS)

    def picture(self, height: int) -> bytes:
        """The upper part of the page as it is seen now, PNG."""
        part = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png", clip=part)["data"])

    def _text(self) -> str:
        answer = self._ask("Runtime.evaluate", expression="document.body ? document.body.innerText : ''")
        return str(answer["result"].get("value", ""))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(self._socket.recv(timeout=_READY_SECONDS))).get("id") != number:
            pass  # an event
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])


@contextmanager
def page_of(browser: str) -> Iterator[Page]:
    """A page of a browser that speaks with nobody but this machine; it has ended when the block does."""
    profile = COPY / "browser"
    profile.mkdir(parents=True, exist_ok=True)
    # fmt: off
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-port=0",
        f"--user-data-dir={profile}", "about:blank",
    ]
    # fmt: on
    process = subprocess.Popen([browser, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _first_line(profile / "DevToolsActivePort")
        targets = requests.get(f"http://127.0.0.1:{port}/json", timeout=10).json()
        address = next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page")
        with connect(address, max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _first_line(file: Path) -> str:
    end = time.monotonic() + _READY_SECONDS
    while not file.exists() or not file.read_text():
        if time.monotonic() > end:
            raise TimeoutError(f"Chromium did not start: it wrote no {file}")
        time.sleep(0.1)
    return file.read_text().splitlines()[0]


def _run_of(url: str, job: str, status: str) -> str:
    """The newest run of a job that ended so."""
    query = (
        "query($filter: RunsFilter) { runsOrError(filter: $filter, limit: 1) { ... on Runs { results { runId } } } }"
    )
    variables = {"filter": {"pipelineName": job, "statuses": [status]}}
    answer = requests.post(f"{url}/graphql", json={"query": query, "variables": variables}, timeout=30).json()
    return str(answer["data"]["runsOrError"]["results"][0]["runId"])


def _fail(sentence: str) -> int:
    print(f"screenshots: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
