"""Approvals: people's words that a pull request of somebody outside may be tested, and who may say so."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.github_facts import Approval
from pipeline_defs.github.api.response_parsing import fact, login

_COMMAND = re.compile(r"/shipline[ \t]+test(?:[ \t]+([0-9a-f]{7,64}))?[ \t]*", re.IGNORECASE)
_MAY_WRITE = ("admin", "maintain", "write")


def commanded(body: str) -> str | None:
    """The commit that a comment's first line `/shipline test [commit]` names, empty where it names none; None for other comments."""
    found = _COMMAND.fullmatch(body.strip("\r\n").partition("\n")[0].rstrip("\r"))
    return (found[1] or "").lower() if found else None


def approvals(access: Access, repository: str, number: int, label: str) -> list[Approval]:
    """Comments with the command, and labelings with the label, newest last.

    A comment counts from when it was written: one that is edited later says nothing about commits that came in between.
    Deleted accounts and bots approve nothing.
    """
    issue = f"{repository}/issues/{number}"
    found = [
        *_comments(access.pages(f"{issue}/comments", needs="issues: read")),
        *_labelings(access.pages(f"{issue}/events", needs="issues: read"), label),
    ]
    return sorted(found, key=lambda approval: approval.at)


def may_write(access: Access, repository: str, user: str) -> bool:
    """True for people who may push to the repository; triage and read are not enough. False for who is unknown there.

    https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    """
    path = f"{repository}/collaborators/{quote(user, safe='')}/permission"
    answer = access.get(path, allowed=(404,), needs="metadata: read")
    return answer.status != 404 and fact(lambda data: str(data["permission"]), answer.json()) in _MAY_WRITE


def _comments(items: Iterator[Any]) -> Iterator[Approval]:
    for item in items:
        sha = commanded(fact(lambda data: data["body"] or "", item))
        if sha is not None and _is_person(item.get("user")):
            yield Approval(*fact(lambda data: (login(data["user"]), str(data["created_at"])), item), sha, "comment")


def _labelings(items: Iterator[Any], label: str) -> Iterator[Approval]:
    for item in items:
        if fact(lambda data: data["event"], item) != "labeled" or not _is_person(item.get("actor")):
            continue
        if str((item.get("label") or {}).get("name")).lower() == label.lower():  # as GitHub tells labels apart
            yield Approval(*fact(lambda data: (login(data["actor"]), str(data["created_at"])), item), "", "label")


def _is_person(user: Any) -> bool:
    return login(user) != "" and user.get("type") != "Bot"
