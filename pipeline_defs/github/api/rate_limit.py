"""Rate limit: how many requests GitHub will still answer, written down by whoever asks it, for those who watch over Shipline."""

import hashlib
import os
import threading
import time
from pathlib import Path

from pydantic import BaseModel, ValidationError

from pipeline_defs.github.api.api_response import Answer

SECONDS = 10.0
"""Between two times that a process writes it down: each answer says it, and most say the same."""

_FOLDER = "github"


class Budget(BaseModel):
    """What GitHub said of one repository's token or App.

    Attributes:
        repository: owner/name.
        limit, remaining: requests in an hour, and how many of them are left.
        reset: when the next hour begins, by GitHub's clock; at: when it was heard. Seconds since 1970.
    """

    repository: str
    limit: int
    remaining: int
    reset: float
    at: float

    def left(self, now: float) -> int:
        """How many are left now: a new hour has all of them."""
        return self.remaining if now < self.reset else self.limit


class BudgetKeeper:
    """Writes one repository's budget into the home. Nobody asks GitHub less well because it cannot be written."""

    def __init__(self, home: Path, api: str, repository: str) -> None:
        self._file, self._repository = _file(home, api, repository), repository
        self._lock = threading.Lock()
        self._next = 0.0  # of time.monotonic()

    def hear(self, answer: Answer) -> None:
        """Keep what an answer says, if it says something and the last time was some seconds ago."""
        if time.monotonic() < self._next:
            return
        budget = budget_in(answer, self._repository)
        if budget is None:
            return
        with self._lock:
            self._next = time.monotonic() + SECONDS
            try:
                self._file.parent.mkdir(mode=0o700, exist_ok=True)
                new = self._file.with_suffix(f".{os.getpid()}")
                new.write_text(budget.model_dump_json())
                new.replace(self._file)
            except OSError:
                pass  # another person's home, or a disk that is full


def budget_in(answer: Answer, repository: str) -> Budget | None:
    """What an answer says; None where it says nothing, as GitHub Enterprise without limits, or speaks of another limit than the usual one.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
    """
    said = [answer.headers.get(f"x-ratelimit-{name}", "").partition(".")[0] for name in ("limit", "remaining", "reset")]
    if answer.headers.get("x-ratelimit-resource", "core") != "core" or not all(map(_is_number, said)):
        return None
    limit, remaining, reset = map(int, said)
    return Budget(repository=repository, limit=limit, remaining=remaining, reset=float(reset), at=time.time())


def read_budget(home: Path, api: str, repository: str) -> Budget | None:
    """What was last written down of a repository; None where nothing was."""
    try:
        return Budget.model_validate_json(_file(home, api, repository).read_text())
    except (OSError, ValidationError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _file(home: Path, api: str, repository: str) -> Path:
    """Named by a digest: owner/name is text from outside, and an api's address is no file name."""
    name = hashlib.sha256(f"{api.rstrip('/')} {repository.lower()}".encode()).hexdigest()[:16]
    return home / _FOLDER / f"{name}.json"
