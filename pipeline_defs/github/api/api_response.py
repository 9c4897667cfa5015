"""API response: what GitHub answered to one request, and what its headers mean."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from github.Requester import Requester

from pipeline_defs.github.api.github_errors import GitHubUnavailable

SECONDARY_SECONDS = 60.0
"""The wait after a limit that names none: at least a minute, says GitHub."""

_LONGEST_SAID = 200
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


@dataclass(frozen=True)
class Answer:
    """Status, headers with names in small letters, body."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def unchanged(self) -> bool:
        """304: the same as what the ETag stands for. It costs nothing of the limit of requests."""
        return self.status == 304

    @property
    def etag(self) -> str:
        """By which the same answer can be recognised, empty where there is none."""
        return self.headers.get("etag", "")

    @property
    def next(self) -> str:
        """The address of the next page, empty on the last one."""
        found = _NEXT.search(self.headers.get("link", ""))
        return found[1] if found else ""

    @property
    def time(self) -> datetime:
        """When the server answered, by its own clock: this machine's may be wrong."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except ValueError:
            return datetime.now(UTC)

    def json(self) -> Any:
        """The body. Raises GitHubUnavailable where it is none of GitHub's, such as a proxy's page."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise GitHubUnavailable(
                f"GitHub's answer with status {self.status} is no JSON; is there a proxy in between?", unsure=True
            ) from None

    @property
    def said(self) -> str:
        """GitHub's own words for what is wrong, on one line."""
        try:
            body = json.loads(self.text)
            errors = [error if isinstance(error, str) else error.get("message") for error in body.get("errors") or ()]
            said = "; ".join(str(part) for part in (body.get("message"), *errors) if part)
        except (ValueError, AttributeError, TypeError):
            said = ""
        said = " ".join(said.split()) or f"status {self.status}"
        return said if len(said) <= _LONGEST_SAID else f"{said[: _LONGEST_SAID - 1]}…"

    @property
    def limited(self) -> bool:
        """A limit of requests is used up, the hourly one or one of those against bursts.

        https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
        """
        return self.status == 429 or (
            self.status == 403
            and (
                "retry-after" in self.headers
                or self.headers.get("x-ratelimit-remaining") == "0"
                or Requester.isRateLimitError(self.said)
            )
        )

    @property
    def wait(self) -> float:
        """Seconds until a used-up limit is worth another try: as Retry-After says, else until the reset, else a minute."""
        after = self.headers.get("retry-after", "")
        if after.isdigit():
            return float(after)
        reset = self.headers.get("x-ratelimit-reset", "").partition(".")[0]  # floats have been seen
        if self.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(float(reset) - self.time.timestamp(), 0.0) + 1.0  # it is not said when in that second
        return SECONDARY_SECONDS

    def permission(self, expected: str = "") -> str | None:
        """The permission that was needed: what we expect, unless GitHub names others ("issues=write; pull_requests=write").

        https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible
        """
        accepted = self.headers.get("x-accepted-github-permissions", "")
        named = [
            ", ".join(part.strip().replace("=", ": ") for part in one.split(",") if part.strip())
            for one in accepted.split(";")
            if one.strip()
        ]
        return expected if expected and (not named or expected in named) else next(iter(named), None)
