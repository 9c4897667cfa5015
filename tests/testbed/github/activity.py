"""What happened to branches and tags: https://docs.github.com/rest/repos/repos#list-repository-activities"""

from __future__ import annotations

from tests.testbed.github.records import Json
from tests.testbed.github.rest import Answer, Call, invalid, route
from tests.testbed.github.shapes import node, user_json

KINDS = ("push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge")
PERIODS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


@route("GET", "/repos/{owner}/{repo}/activity", "contents=read")
def list_activity(call: Call) -> Answer:
    """The newest first (`direction`), by the cursors `after` and `before` that the Link header carries."""
    kind, ref, actor = (call.query.get(name) for name in ("activity_type", "ref", "actor"))
    if kind and kind not in KINDS:
        raise invalid("Activity", "activity_type")
    full = ref if not ref or ref.startswith("refs/") else f"refs/heads/{ref}"
    found = [
        one
        for one in call.repo.activities
        if full in (None, "", one["ref"])
        and kind in (None, "", one["activity_type"])
        and (not actor or (one["actor"] and one["actor"].login.lower() == actor.lower()))
    ]
    if call.query.get("direction", "desc") == "desc":
        found.reverse()
    size = min(100, max(1, call.number("per_page", 30)))
    start, end = _window(call, [one["id"] for one in found], size)
    shown = found[start:end]
    links = {}
    if end < len(found) and shown:
        links["next"] = {"after": _cursor(shown[-1]), "before": ""}
    if start > 0 and shown:
        links["prev"] = {"before": _cursor(shown[0]), "after": ""}
    return Answer([_activity_json(call, one) for one in shown], headers=_links(call, links))


def _window(call: Call, ids: list[int], size: int) -> tuple[int, int]:
    after, before = call.query.get("after"), call.query.get("before")
    if after:
        start = ids.index(_place(after, ids)) + 1
        return start, start + size
    if before:
        end = ids.index(_place(before, ids))
        return max(0, end - size), end
    return 0, size


def _cursor(one: Json) -> str:
    return f"djE6{one['id']:016x}"


def _place(cursor: str, ids: list[int]) -> int:
    try:
        number = int(cursor.removeprefix("djE6"), 16)
    except ValueError:
        number = -1
    if number not in ids:
        raise invalid("Activity", "cursor")
    return number


def _links(call: Call, links: dict[str, dict[str, str]]) -> dict[str, str]:
    """Only one of the two cursors is in an address."""
    found = call.links(links).get("Link")
    if not found:
        return {}
    cleaned = found
    for name in ("after", "before"):
        cleaned = cleaned.replace(f"&{name}=&", "&").replace(f"&{name}=>", ">").replace(f"?{name}=&", "?")
    return {"Link": cleaned}


def _activity_json(call: Call, one: Json) -> Json:
    return {**one, "node_id": node("PushLog", one["id"]), "actor": user_json(call.at, one["actor"])}
