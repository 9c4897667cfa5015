"""Visitors: people who use the shop while it is deployed, each of their requests accounted for."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from examples.demo.shipline import StoryFailed
from pipeline_defs.cli.cli_output import Output
from tests.support.load import Load

_REQUESTS_A_SECOND = 20.0


class Visitors:
    """Ask production what it is, twenty times a second, and say how that went."""

    def __init__(self, url: str, output: Output) -> None:
        """`url` is production's address."""
        self.url = url
        self._output = output

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask inside the block; afterwards say how many requests failed, the longest time without an answer, and the versions met.

        Raises StoryFailed when a request has failed.
        """
        with Load(f"{self.url}/health", connections=2, rate=_REQUESTS_A_SECOND) as load:
            yield
        asked = len(load.good) + len(load.failed)
        versions = ", ".join(sorted({json.loads(body)["version"] for body in load.bodies}))
        self._output.say(
            ("  meanwhile: ", "bold"),
            (f"{len(load.failed)} of {asked:,} requests failed", "green" if not load.failed else "red"),
            f", longest gap {load.longest_gap:.2f} s; people met version {versions}",
        )
        if load.failed:
            raise StoryFailed(f"requests failed while the shop was deployed: {'; '.join(load.failed[:3])}")

    def answers(self, version: str) -> None:
        """Production must answer with this version. Raises StoryFailed."""
        health = self.health()
        if health.get("version") != version:
            raise StoryFailed(f"{self.url}/health answers {health}; expected version {version}")
        self._output.say(
            ("  ✓ ", "green"),
            f"{self.url}/health answers version ",
            (version, "bold"),
            f", commit {health['commit'][:12]}",
        )

    def health(self) -> dict[str, str]:
        """What production says of itself."""
        return dict(self._ask("/health"))

    def products(self) -> set[str]:
        """The names of all products in the shop."""
        return {str(product["name"]) for product in self._ask("/products?limit=200")}

    def add_product(self, sku: str, name: str) -> None:
        """Put one more product into the shop."""
        self._ask("/products", {"sku": sku, "name": name, "price_cents": 1})

    def _ask(self, path: str, data: dict[str, Any] | None = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise StoryFailed(f"{self.url}{path} does not answer: {error}") from error
