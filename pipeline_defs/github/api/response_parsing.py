"""Response parsing: GitHub's JSON to facts. Fields that we act on are required, whatever the status said; accounts may be null."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from pipeline_defs.github.api.github_errors import GitHubUnavailable
from pipeline_defs.github.api.github_facts import CommitFact, Move, Pull
from pipeline_defs.release.shipline_commits import CommitDetails

_T = TypeVar("_T")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def fact(make: Callable[[Any], _T], data: Any) -> _T:
    """Make a fact of an answer. Raises GitHubUnavailable where what we need is not in it: nothing is done by half an answer."""
    try:
        return make(data)
    except (KeyError, TypeError, ValueError, AttributeError):
        said = data.get("message") if isinstance(data, dict) else None
        raise GitHubUnavailable(
            f"GitHub's answer lacks what was asked for{f' ({str(said)[:100]})' if said else ''}; it is asked again later",
            unsure=True,
        ) from None


def commit_id(value: Any) -> str:
    """A full commit id, or ValueError."""
    if not isinstance(value, str) or not _COMMIT.fullmatch(value):
        raise ValueError("no commit id")
    return value


def login(user: Any) -> str:
    """The name of an account, empty for one that was deleted: it is null, or the account "ghost" that stands in for all of them."""
    name = str(user["login"]) if user else ""
    return "" if name == "ghost" else name


def pull_of(data: Any) -> Pull:
    """A pull request from any answer. Lists have no `merged`, so it is told by `merged_at`."""
    head, base = data["head"], data["base"]
    merged = data["merged_at"] is not None
    return Pull(
        number=int(data["number"]),
        title=str(data["title"]),
        head=commit_id(head["sha"]),
        head_branch=str(head["ref"]),
        base=str(base["ref"]),
        draft=bool(data.get("draft")),
        state=str(data["state"]),
        merged=merged,
        merge_commit=commit_id(data["merge_commit_sha"]) if merged else "",
        fork=_from_elsewhere(head.get("repo"), base["repo"]),
        author=login(data.get("user")),
        body=data.get("body") or "",
        labels=tuple(str(label["name"]) for label in data.get("labels") or ()),
        updated_at=str(data["updated_at"]),
        url=str(data["html_url"]),
        bot=(data.get("user") or {}).get("type") != "User",
    )


def move_of(data: Any) -> Move:
    """One entry of the repository's activity."""
    return Move(
        before=commit_id(data["before"]),
        after=commit_id(data["after"]),
        kind=str(data["activity_type"]),
        actor=login(data.get("actor")),
        at=str(data["timestamp"]),
    )


def commit_of(data: Any) -> CommitFact:
    """One commit of a comparison."""
    named = (data["commit"].get("author") or {}).get("name") or ""
    subject = next(iter(str(data["commit"]["message"]).splitlines()), "")
    return CommitFact(commit_id(data["sha"]), login(data.get("author")) or str(named), subject)


def details_of(data: Any) -> CommitDetails:
    """One commit by itself. A merge's files are those that differ from its first parent."""
    paths = [str(path) for file in data["files"] for path in (file["filename"], file.get("previous_filename")) if path]
    return CommitDetails(
        id=commit_id(data["sha"]),
        parents=tuple(commit_id(parent["sha"]) for parent in data["parents"]),
        message=str(data["commit"]["message"]),
        files=tuple(dict.fromkeys(paths)),
    )


def _from_elsewhere(head: Any, base: Any) -> bool:
    """A deleted repository (null) is treated as somebody else's: what it held cannot be told any more."""
    return head is None or str(head["full_name"]).lower() != str(base["full_name"]).lower()
