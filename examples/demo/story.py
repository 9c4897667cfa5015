"""The story: its chapters, each checked as it is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from examples.demo.developer import Developer
from examples.demo.hub import Hub
from examples.demo.shipline import Shipline, StoryFailed
from examples.demo.visitors import Visitors
from pipeline_defs.cli.cli_output import Output

FIRST = ("shop/main.py", 'title="Shop"', 'title="The shop round the corner"')
SECOND = ("shop/main.py", 'title="The shop round the corner"', 'title="The shop round the corner, open all night"')
BROKEN = ("shop/settings.py", 'LIVE_ENVIRONMENT = "production"', 'LIVE_ENVIRONMENT = "prod"')
"""Passes every test and the rehearsal: only production asks whether its payments are live."""


WRONG = ("MISTAKE-1", "A product that nobody sells")
"""A product's number and name."""

_HISTORY = [
    ("deploy", "1.1.0", "succeeded"),
    ("deploy", "1.2.0", "succeeded"),
    ("deploy", "1.3.0", "failed"),
    ("rollback", "1.1.0", "succeeded"),
]
_LINEAGE = "/locations/__repository__@shipline/asset-groups/shop/lineage"
_PRODUCTION = "/assets/shop_production?view=events"


class Story:
    """Tells the chapters in order and remembers how long each took."""

    def __init__(self, shipline: Shipline, hub: Hub, developer: Developer, visitors: Visitors, output: Output) -> None:
        self._shipline, self._hub, self._developer = shipline, hub, developer
        self._visitors, self._output = visitors, output
        self.seconds: dict[str, float] = {}

    def tell(self) -> None:
        """All chapters but the set-up. Raises StoryFailed where Shipline does not do what it should."""
        with self.chapter("2  A pull request is built, tested and rehearsed before it is merged to development"):
            issue = self._hub.open_issue("The shop needs a name")
            self._development(f"{issue}-shop-name", "Name the shop", FIRST, f"Fixes #{issue}")
            self._look("the image, and its rehearsals", _LINEAGE)
        with self.chapter("3  A merge to main: the image that was tested is deployed"):
            self._shipline.follow("shop_deploy", self._release("Release the name"), change=True)
            self._visitors.answers("1.1.0")
            self._look("which image production runs, and since when", _PRODUCTION)
        with self.chapter("4  A second version, while people use the shop"):
            self._development("opening-hours", "Open all night", SECOND)
            merged = self._release("Release the opening hours")
            with self._visitors.asking():
                self._shipline.follow("shop_deploy", merged, change=True)
            self._visitors.answers("1.2.0")
        with self.chapter("5  A version whose end-to-end tests fail only in production"):
            self._development("tidy-settings", "Tidy the settings", BROKEN)
            merged = self._release("Release the tidy settings")
            with self._visitors.asking():
                ended = self._shipline.follow("shop_deploy", merged, succeeds=False, change=True)
            self._output.say(("  stopped before anybody met it: ", "bold"), str(ended["error"]))
            self._visitors.answers("1.2.0")
            self._look("the failed stage, and the sentence that says why", f"/runs/{ended['run']}")
        with self.chapter("6  Back to the first version, with the database as it was then"):
            self._go_back()
        with self.chapter("7  Which image version produced which deployment"):
            self._check_history(self._shipline.ask("history", "shop", "production"))
            self._shipline.show("status")
            self._shipline.show("history", "shop", "production")
            self._shipline.show("trace", "shop", "1.2.0")
            self._hub.show()

    def _go_back(self) -> None:
        """Somebody writes what is wrong into the database; the backup from before version 1.2.0 is restored."""
        self._visitors.add_product(*WRONG)
        self._output.say(f"  since 1.2.0 there is in the shop: {WRONG[1]}")
        self._shipline.show("rollback", "shop", "--to", "1.1.0", "--database", "restore", "--reason", "wrong products")
        self._visitors.answers("1.1.0")
        if WRONG[1] in self._visitors.products():
            raise StoryFailed(f"the backup was restored, but the shop still has: {WRONG[1]}")
        self._output.say(("  ✓ ", "green"), "it is gone: the database is as it was before 1.2.0")
        self._look("the backup that was restored", _PRODUCTION)

    def _look(self, at: str, path: str) -> None:
        """Say what of this is to be seen on the web page."""
        self._output.say((f"  On the page: {at}: ", "dim"), (self._shipline.page(path), "dim underline"))

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """Head the chapter with its title, and time it."""
        self._output.say((f"\n{title}", "bold yellow"))
        began = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - began
        self._output.say((f"  {self.seconds[title]:.0f} s", "dim"))

    def _development(self, branch: str, title: str, edit: tuple[str, str, str], body: str = "") -> None:
        """A pull request into development, its checks, its rehearsal in a place of its own, its merge, and staging."""
        head = self._developer.propose(branch, title, edit)
        pull = self._hub.open_pull(branch, "development", title, body)
        self._shipline.follow("shop_integrate", head, change=True)
        self._shipline.follow("shop_stage_pull", head, change=True)
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

    def _check_history(self, rows: list[dict[str, Any]]) -> None:
        """Two deployments, one that failed, and the way back, which is what answers."""
        outcomes = [(row["kind"], row["version"], row["outcome"]) for row in reversed(rows)]
        if outcomes != _HISTORY:
            raise StoryFailed(f"the history of production is {outcomes}; expected {_HISTORY}")
        if rows[0]["version"] != self._visitors.health()["version"]:
            raise StoryFailed(f"the newest row says {rows[0]['version']}, but production answers otherwise")
