"""The story: six chapters, each checked as it is told."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from examples.demo.developer import Developer
from examples.demo.hub import Hub
from examples.demo.shipline import Shipline, StoryFailed
from pipeline_defs.cli.cli_output import Output

FIRST = ("shop/main.py", 'title="Shop"', 'title="The shop round the corner"')
SECOND = ("shop/main.py", 'title="The shop round the corner"', 'title="The shop round the corner, open all night"')
BROKEN = ("shop/settings.py", 'LIVE_ENVIRONMENT = "production"', 'LIVE_ENVIRONMENT = "prod"')
"""Passes every test and the rehearsal: only production asks whether its payments are live."""


class Story:
    """Tells the chapters in order and remembers how long each took."""

    def __init__(self, shipline: Shipline, hub: Hub, developer: Developer, production: str, output: Output) -> None:
        self._shipline, self._hub, self._developer = shipline, hub, developer
        self._production, self._output = production, output
        self.seconds: dict[str, float] = {}

    def tell(self) -> None:
        """All chapters but the set-up. Raises StoryFailed where Shipline does not do what it should."""
        with self.chapter("2  A pull request is checked; its merge to development is built, tested and rehearsed"):
            issue = self._hub.open_issue("The shop needs a name")
            self._development(f"{issue}-shop-name", "Name the shop", FIRST, f"Fixes #{issue}")
        with self.chapter("3  A merge to main: the image that was tested is deployed"):
            self._shipline.follow("shop_deploy", self._release("Release the name"), change=True)
            self._answers("1.1.0")
        with self.chapter("4  A second version"):
            self._development("opening-hours", "Open all night", SECOND)
            self._shipline.follow("shop_deploy", self._release("Release the opening hours"), change=True)
            self._answers("1.2.0")
        with self.chapter("5  A version whose end-to-end tests fail only in production"):
            self._development("tidy-settings", "Tidy the settings", BROKEN)
            merged = self._release("Release the tidy settings")
            ended = self._shipline.follow("shop_deploy", merged, succeeds=False, change=True)
            self._output.say(("  rolled back without anyone's help: ", "bold"), str(ended["error"]))
            self._answers("1.2.0")
        with self.chapter("6  Which image version produced which deployment"):
            self._check_history(self._shipline.ask("history", "shop", "production"))
            self._shipline.show("status")
            self._shipline.show("history", "shop", "production")
            self._shipline.show("trace", "shop", "1.2.0")
            self._hub.show()

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Head the chapter with its title, and time it."""
        self._output.say((f"\n{title}", "bold yellow"))
        began = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - began
        self._output.say((f"  {self.seconds[title]:.0f} s", "dim"))

    def _development(self, branch: str, title: str, edit: tuple[str, str, str], body: str = "") -> None:
        """A pull request into development, its checks, its merge, and the rehearsal."""
        head = self._developer.propose(branch, title, edit)
        pull = self._hub.open_pull(branch, "development", title, body)
        self._shipline.follow("shop_integrate", head, change=True)
        self._hub.wait_until_green(pull)
        merged = self._hub.merge(pull)
        self._shipline.follow("shop_integrate", merged, change=True)
        self._shipline.follow("shop_stage", merged, change=True)

    def _release(self, title: str) -> str:
        """A pull request from development into main, which is merged once it is green; gives the merge's commit."""
        pull = self._hub.open_pull("development", "main", title)
        self._shipline.follow("shop_integrate", pull.head.sha, change=True)
        self._hub.wait_until_green(pull)
        return self._hub.merge(pull)

    def _answers(self, version: str) -> None:
        """Production must answer with this version."""
        health = _health(self._production)
        if health.get("version") != version:
            raise StoryFailed(f"{self._production}/health answers {health}; expected version {version}")
        self._output.say(
            ("  ✓ ", "green"),
            f"{self._production}/health answers version ",
            (version, "bold"),
            f", commit {health['commit'][:12]}",
        )

    def _check_history(self, rows: list[dict[str, Any]]) -> None:
        """Four deployments at the least, one of them rolled back, and the newest is what answers."""
        if len(rows) < 4 or not any(row["outcome"] == "rolled back" for row in rows):
            raise StoryFailed(f"the history of production has {len(rows)} rows, none of them rolled back or too few")
        if rows[0]["version"] != _health(self._production)["version"]:
            raise StoryFailed(f"the newest row says {rows[0]['version']}, but production answers otherwise")


def _health(url: str) -> dict[str, str]:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            return dict(json.load(answer))
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise StoryFailed(f"{url}/health does not answer: {error}") from error
