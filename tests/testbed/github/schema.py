"""Checks answers against GitHub's published description."""

from __future__ import annotations

from typing import Any

from tests.testbed.github.rest import Answer, Route


class Checks:
    """Checks what is sent when that is switched on, and remembers what was wrong."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.errors: list[str] = []

    def answer(self, route: Route, answer: Answer) -> str | None:
        """What is wrong with an answer."""
        return None

    def payload(self, event: str, payload: dict[str, Any]) -> str | None:
        """What is wrong with a webhook's payload."""
        return None
