"""Delivery hint: what a delivery is about. Nothing else of its payload is used: what is true is read from GitHub itself."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

_BRANCH = re.compile(r"refs/heads/(.{1,250})")


class UnreadablePayload(Exception):
    """The body is not what GitHub sends."""


@dataclass(frozen=True)
class Hint:
    """The repository (owner/name) and the branch, or the number of the pull request, that changed; both empty: nothing of ours."""

    repository: str
    branch: str = ""
    pull: int = 0

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to look at."""
        return not (self.branch or self.pull)


def hint_of(event: str, content_type: str, body: bytes | bytearray) -> Hint:
    """What a delivery says. Events but push, pull_request and merge_group are left to the sensor. Raises UnreadablePayload."""
    payload = _payload(content_type, body)
    repository = _in(payload, "repository", "full_name")
    if not isinstance(repository, str):
        return Hint("")  # an event of an organization, or a ping of one
    if event in ("push", "merge_group"):
        ref = payload.get("ref") if event == "push" else _in(payload, "merge_group", "head_ref")
        branch = _BRANCH.fullmatch(str(ref))
        return Hint(repository, branch=branch[1] if branch else "")
    if event == "pull_request":
        number = _in(payload, "pull_request", "number")
        return Hint(repository, pull=number if isinstance(number, int) and 0 < number < 2**31 else 0)
    return Hint(repository)


def _payload(content_type: str, body: bytes | bytearray) -> dict[str, Any]:
    try:
        text = body.decode()
        if content_type.startswith("application/x-www-form-urlencoded"):
            text = parse_qs(text, strict_parsing=True)["payload"][0]
        payload = json.loads(text)
    except (ValueError, KeyError, RecursionError):
        raise UnreadablePayload from None
    if not isinstance(payload, dict):
        raise UnreadablePayload
    return payload


def _in(payload: dict[str, Any], name: str, part: str) -> Any:
    found = payload.get(name)
    return found.get(part) if isinstance(found, dict) else None
