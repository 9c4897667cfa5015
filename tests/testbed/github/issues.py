"""Issues, comments and labels; a pull request is an issue too: https://docs.github.com/rest/issues"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.testbed.github import access, payloads
from tests.testbed.github.issue_shape import comment_json, event_json, issue_json
from tests.testbed.github.pull_changes import change_state
from tests.testbed.github.pull_shape import label_json
from tests.testbed.github.records import Event, Issue, Json, Repo, User
from tests.testbed.github.rest import Answer, ApiError, Call, invalid, not_found, route
from tests.testbed.github.shapes import user_json

if TYPE_CHECKING:
    from tests.testbed.github.world import World

READ = ("issues=read", "pull_requests=read")
WRITE = ("issues=write", "pull_requests=write")
ISSUES = "/repos/{owner}/{repo}/issues"
ISSUE = ISSUES + "/{issue_number}"


@route("GET", ISSUES, *READ)
def list_issues(call: Call) -> Answer:
    """Issues and pull requests, the newest first."""
    state, labels = call.query.get("state", "open"), set(filter(None, call.query.get("labels", "").split(",")))
    found = [one for one in call.repo.issues.values() if state in (one.state, "all") and labels <= set(one.labels)]
    return call.page(found[::-1], lambda one: issue_json(call.at, call.repo, one))


@route("POST", ISSUES, "issues=write")
def create_issue(call: Call) -> Answer:
    """Open an issue."""
    body, now = call.body(), call.world.now()
    number = max(call.repo.issues, default=0) + 1
    issue = Issue(call.world.id(), number, str(call.wanted("title")), body.get("body"), call.actor.user, now, now)
    call.repo.issues[number] = issue
    add_labels(call.world, call.repo, issue, [_label_name(one) for one in body.get("labels") or []], call.actor.user)
    shown = issue_json(call.at, call.repo, issue)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("GET", ISSUE, *READ)
def get_issue(call: Call) -> Json:
    """An issue, or the issue that a pull request is."""
    return issue_json(call.at, call.repo, find_issue(call)) | {
        "closed_by": user_json(call.at, find_issue(call).closed_by)
    }


@route("PATCH", ISSUE, *WRITE)
def update_issue(call: Call) -> Json:
    """Change title, body, state or labels."""
    issue, body, by = find_issue(call), call.body(), call.actor.user
    if by is not issue.user or "labels" in body:
        access.require_role(call.actor, call.repo, "triage")
    for name in ("title", "body"):
        if name in body:
            setattr(issue, name, body[name])
    if body.get("state", issue.state) != issue.state:
        change_state(call.world, call.repo, issue, body["state"], by)
    if "labels" in body:
        wanted = [_label_name(one) for one in body["labels"]]
        for name in [name for name in issue.labels if name not in wanted]:
            remove_label(call.world, call.repo, issue, name, by)
        add_labels(call.world, call.repo, issue, wanted, by)
    return issue_json(call.at, call.repo, issue)


@route("GET", ISSUE + "/events", *READ)
def list_events(call: Call) -> Answer:
    """Who labeled, closed, merged … it, and when; the oldest first."""
    issue = find_issue(call)
    return call.page(issue.events, lambda one: event_json(call.at, call.repo, one))


@route("GET", ISSUE + "/timeline", *READ)
def list_timeline(call: Call) -> Answer:
    """Events and comments in one list, by time."""
    issue = find_issue(call)
    found: list[tuple[float, int, Json]] = []
    found += [(one.created_at, one.id, event_json(call.at, call.repo, one)) for one in issue.events]
    for comment in issue.comments:
        shown = comment_json(call.at, call.repo, issue, comment)
        shown |= {"event": "commented", "actor": shown["user"]}
        found.append((comment.created_at, comment.id, shown))
    return call.page([one for *_, one in sorted(found, key=lambda one: one[:2])], lambda one: one)


@route("GET", ISSUE + "/labels", *READ)
def list_labels(call: Call) -> Answer:
    """Its labels."""
    return call.page(find_issue(call).labels, lambda name: label_json(call.at, call.repo, name))


@route("POST", ISSUE + "/labels", *WRITE)
def create_labels(call: Call) -> list[Json]:
    """Add labels; a label the repository does not have is made."""
    access.require_role(call.actor, call.repo, "triage")
    issue = find_issue(call)
    add_labels(call.world, call.repo, issue, _label_names(call), call.actor.user)
    return [label_json(call.at, call.repo, name) for name in issue.labels]


@route("PUT", ISSUE + "/labels", *WRITE)
def set_labels(call: Call) -> list[Json]:
    """These labels and no others."""
    access.require_role(call.actor, call.repo, "triage")
    issue, wanted = find_issue(call), _label_names(call)
    for name in [name for name in issue.labels if name not in wanted]:
        remove_label(call.world, call.repo, issue, name, call.actor.user)
    add_labels(call.world, call.repo, issue, wanted, call.actor.user)
    return [label_json(call.at, call.repo, name) for name in issue.labels]


@route("DELETE", ISSUE + "/labels/{name}", *WRITE)
def delete_label(call: Call) -> list[Json]:
    """Take a label off."""
    access.require_role(call.actor, call.repo, "triage")
    issue, name = find_issue(call), unquote(call.parts["name"])
    if name not in issue.labels:
        raise ApiError(404, "Label does not exist")
    remove_label(call.world, call.repo, issue, name, call.actor.user)
    return [label_json(call.at, call.repo, name) for name in issue.labels]


def add_labels(world: World, repo: Repo, issue: Issue, names: list[str], by: User | None) -> None:
    """Label it: an event with actor and time for each label that is new."""
    for name in names:
        if name not in issue.labels:
            issue.labels.append(name)
            _labeled(world, repo, issue, "labeled", name, by)


def remove_label(world: World, repo: Repo, issue: Issue, name: str, by: User | None) -> None:
    """Take a label off."""
    issue.labels.remove(name)
    _labeled(world, repo, issue, "unlabeled", name, by)


def _labeled(world: World, repo: Repo, issue: Issue, action: str, name: str, by: User | None) -> None:
    issue.updated_at = world.now()
    label = label_json(world.at, repo, name)
    shown = {"label": {"name": label["name"], "color": label["color"]}}
    issue.events.append(Event(world.id(), action, by, world.now(), more=shown))
    if issue.pull:
        world.deliveries.send(
            repo, "pull_request", lambda: payloads.pull_request(world, repo, issue, action, by, {"label": label})
        )


def find_issue(call: Call) -> Issue:
    """The issue of the path."""
    number = call.parts["issue_number"]
    issue = call.repo.issues.get(int(number)) if number.isdigit() else None
    if issue is None:
        raise not_found()
    return issue


def _label_names(call: Call) -> list[str]:
    """From `{"labels": […]}` or, as PyGithub sends it, the list alone."""
    sent = call.json()
    if isinstance(sent, dict):
        sent = sent.get("labels")
    if not isinstance(sent, list):
        raise invalid("Label", "labels", "missing_field")
    return [_label_name(one) for one in sent]


def _label_name(one: object) -> str:
    return str(one.get("name")) if isinstance(one, dict) else str(one)
