"""Comments: one comment of ours per marker on a pull request or issue."""

from collections.abc import Callable
from typing import Any

from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.github_statuses import cut
from pipeline_defs.github.api.response_parsing import fact, login

LONGEST_BODY = 65536

_NEEDS = "pull_requests: write"


def hidden(marker: str) -> str:
    """The marker as an HTML comment, which nobody sees; given as one, it stays one."""
    return marker if marker.startswith("<!--") else f"<!-- {marker} -->"


def ensure_comment(access: Access, repository: str, me: Callable[[], str], number: int, marker: str, body: str) -> None:
    """One comment per marker, which is edited when it says something else. `me`: the login whose comments are ours.

    https://docs.github.com/en/rest/issues/comments
    """
    text = _marked(marker, body)
    comment = _write_once(access, repository, me, number, marker, text)
    if fact(lambda data: data["body"], comment).replace("\r\n", "\n").strip() != text.strip():
        path = f"{repository}/issues/comments/{fact(lambda data: int(data['id']), comment)}"
        access.send("PATCH", path, {"body": text}, needs=_NEEDS)


def say_once(access: Access, repository: str, me: Callable[[], str], number: int, marker: str, body: str) -> None:
    """Post it unless a comment of ours with this marker is there, whatever it says."""
    _write_once(access, repository, me, number, marker, _marked(marker, body))


def _write_once(access: Access, repository: str, me: Callable[[], str], number: int, marker: str, text: str) -> Any:
    path = f"{repository}/issues/{number}/comments"

    def find_existing() -> Any:
        return next((item for item in access.pages(path, needs=_NEEDS) if _is_ours(item, marker, me)), None)

    return access.ensure(find_existing, lambda: access.send("POST", path, {"body": text}, needs=_NEEDS).json())


def _marked(marker: str, body: str) -> str:
    rest = body.removeprefix(hidden(marker)).lstrip("\n")
    return cut(f"{hidden(marker)}\n{rest}", LONGEST_BODY)


def _is_ours(comment: Any, marker: str, me: Callable[[], str]) -> bool:
    """Anybody can write our marker, and quoting a comment copies it; only one that we wrote is ours to edit."""
    return fact(lambda data: data["body"] or "", comment).startswith(hidden(marker)) and (
        login(comment.get("user")).lower() == me().lower()
    )
