"""GitHub statuses: the marks at a commit that GitHub shows and may require."""

from typing import Any

from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.github_errors import GitHubError
from pipeline_defs.github.api.response_parsing import fact

LONGEST_DESCRIPTION = 140
STATES = ("error", "failure", "pending", "success")

_NEEDS = "statuses: write"


def cut(text: str, most: int = LONGEST_DESCRIPTION) -> str:
    """The text as GitHub takes it, on one line where it is short enough for one."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def ensure_status(
    access: Access, repository: str, sha: str, context: str, state: str, description: str, target_url: str
) -> None:
    """Write a status unless the newest one of this context says the same. GitHub takes 1000 per commit and context.

    https://docs.github.com/en/rest/commits/statuses
    """
    if state not in STATES:
        raise GitHubError(f"{state!r} is no state of a commit status; use {', '.join(STATES)}")
    wanted = {"state": state, "context": context, "description": cut(description), "target_url": target_url or None}

    def find_existing() -> bool | None:
        newest = access.pages(f"{repository}/commits/{sha}/status", key="statuses", needs="statuses: read")
        return next((True for status in newest if _same(status, wanted)), None)

    def write() -> bool:
        body = {key: value for key, value in wanted.items() if value is not None}
        answer = access.send("POST", f"{repository}/statuses/{sha}", body, needs=_NEEDS)
        return fact(lambda data: bool(data["id"]), answer.json())

    access.ensure(find_existing, write)


def _same(status: Any, wanted: dict[str, str | None]) -> bool:
    """Contexts are the same whatever their case; a description that is not there is null."""
    return all(
        str(status.get(key) or "").lower() == str(value or "").lower()
        if key == "context"
        else (status.get(key) or "") == (value or "")
        for key, value in wanted.items()
    )
