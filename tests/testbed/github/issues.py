"""Issues, comments and labels; a pull request is an issue too: https://docs.github.com/rest/issues"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from tests.testbed.github import payloads, pulls
from tests.testbed.github.records import Comment, Event, Issue, Json, Repo, User
from tests.testbed.github.rest import Address, Answer, ApiError, Call, invalid, iso, not_found, route
from tests.testbed.github.shapes import app_json, association, node, user_json

if TYPE_CHECKING:
    from tests.testbed.github.access import Actor
    from tests.testbed.github.world import World

READ = ("issues=read", "pull_requests=read")
WRITE = ("issues=write", "pull_requests=write")
ISSUES = "/repos/{owner}/{repo}/issues"
ISSUE = ISSUES + "/{issue_number}"
LONGEST_BODY = 65_536


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
    for name in ("title", "body"):
        if name in body:
            setattr(issue, name, body[name])
    if body.get("state", issue.state) != issue.state:
        pulls.change_state(call.world, call.repo, issue, body["state"], by)
    if "labels" in body:
        wanted = [_label_name(one) for one in body["labels"]]
        for name in [name for name in issue.labels if name not in wanted]:
            remove_label(call.world, call.repo, issue, name, by)
        add_labels(call.world, call.repo, issue, wanted, by)
    return issue_json(call.at, call.repo, issue)


@route("GET", ISSUE + "/comments", *READ)
def list_comments(call: Call) -> Answer:
    """The comments, the oldest first; `since` compares with when they were changed."""
    issue, since = find_issue(call), call.query.get("since", "")
    found = [one for one in issue.comments if iso(one.updated_at) >= since]
    return call.page(found, lambda one: comment_json(call.at, call.repo, issue, one))


@route("POST", ISSUE + "/comments", *WRITE)
def create_comment(call: Call) -> Answer:
    """Comment."""
    issue = find_issue(call)
    comment = comment_on(call.world, call.repo, issue, call.wanted("body"), call.actor.user, call.actor)
    shown = comment_json(call.at, call.repo, issue, comment)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("GET", ISSUES + "/comments/{comment_id}", *READ)
def get_comment(call: Call) -> Json:
    """One comment."""
    return comment_json(call.at, call.repo, *_find_comment(call))


@route("PATCH", ISSUES + "/comments/{comment_id}", *WRITE)
def update_comment(call: Call) -> Json:
    """Change a comment's text."""
    issue, comment = _find_comment(call)
    text = _checked(call.wanted("body"))
    payload = payloads.issue_comment(call.world, call.repo, issue, comment, "edited", call.actor.user)
    comment.body, comment.updated_at = text, call.world.now()
    payload["comment"] = comment_json(call.world.at, call.repo, issue, comment)
    call.world.deliveries.send(call.repo, "issue_comment", payload)
    return comment_json(call.at, call.repo, issue, comment)


@route("DELETE", ISSUES + "/comments/{comment_id}", *WRITE)
def delete_comment(call: Call) -> Answer:
    """Remove a comment."""
    issue, comment = _find_comment(call)
    issue.comments.remove(comment)
    payload = payloads.issue_comment(call.world, call.repo, issue, comment, "deleted", call.actor.user)
    call.world.deliveries.send(call.repo, "issue_comment", payload)
    return Answer(None, 204)


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
    return call.page(find_issue(call).labels, lambda name: pulls.label_json(call.at, call.repo, name))


@route("POST", ISSUE + "/labels", *WRITE)
def create_labels(call: Call) -> list[Json]:
    """Add labels; a label the repository does not have is made."""
    issue = find_issue(call)
    add_labels(call.world, call.repo, issue, [_label_name(one) for one in call.wanted("labels", list)], call.actor.user)
    return [pulls.label_json(call.at, call.repo, name) for name in issue.labels]


@route("DELETE", ISSUE + "/labels/{name}", *WRITE)
def delete_label(call: Call) -> list[Json]:
    """Take a label off."""
    issue, name = find_issue(call), unquote(call.parts["name"])
    if name not in issue.labels:
        raise ApiError(404, "Label does not exist")
    remove_label(call.world, call.repo, issue, name, call.actor.user)
    return [pulls.label_json(call.at, call.repo, name) for name in issue.labels]


def comment_on(
    world: World, repo: Repo, issue: Issue, text: str, by: User | None, actor: Actor | None = None
) -> Comment:
    """Comment on an issue or a pull request."""
    now = world.now()
    app = actor.token.app if actor and actor.token else None
    comment = Comment(world.id(), by, _checked(text), now, now, app)
    issue.comments.append(comment)
    issue.updated_at = now
    payload = payloads.issue_comment(world, repo, issue, comment, "created", by)
    world.deliveries.send(repo, "issue_comment", payload)
    return comment


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
    label = pulls.label_json(world.at, repo, name)
    shown = {"label": {"name": label["name"], "color": label["color"]}}
    issue.events.append(Event(world.id(), action, by, world.now(), more=shown))
    if issue.pull:
        payload = payloads.pull_request(world, repo, issue, action, by, {"label": label})
        world.deliveries.send(repo, "pull_request", payload)


def find_issue(call: Call) -> Issue:
    """The issue of the path."""
    number = call.parts["issue_number"]
    issue = call.repo.issues.get(int(number)) if number.isdigit() else None
    if issue is None:
        raise not_found()
    return issue


def _find_comment(call: Call) -> tuple[Issue, Comment]:
    for issue in call.repo.issues.values():
        for comment in issue.comments:
            if str(comment.id) == call.parts["comment_id"]:
                return issue, comment
    raise not_found()


def _checked(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_BODY:
        long = f"body is too long (maximum is {LONGEST_BODY} characters)"
        raise invalid("IssueComment", "body", "custom", long if text.strip() else "body cannot be blank")
    return text


def _label_name(one: object) -> str:
    return str(one.get("name")) if isinstance(one, dict) else str(one)


def issue_json(at: Address, repo: Repo, issue: Issue) -> Json:
    """An issue; `pull_request` is there when it is one."""
    url = f"{at.repo(repo)}/issues/{issue.number}"
    page = f"{at.page(repo)}/{'pull' if issue.pull else 'issues'}/{issue.number}"
    body = {
        "url": url,
        "repository_url": at.repo(repo),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": page,
        "id": issue.id,
        "node_id": node("Issue", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": user_json(at, issue.user),
        "labels": [pulls.label_json(at, repo, name) for name in issue.labels],
        "state": issue.state,
        "state_reason": None,
        "locked": False,
        "active_lock_reason": None,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": len(issue.comments),
        "created_at": iso(issue.created_at),
        "updated_at": iso(issue.updated_at),
        "closed_at": iso(issue.closed_at) if issue.closed_at else None,
        "author_association": association(repo, issue.user),
        "body": issue.body,
        "reactions": _reactions(url),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
    }
    if issue.pull:
        merged = iso(issue.pull.merged_at) if issue.pull.merged_at else None
        link = f"{at.repo(repo)}/pulls/{issue.number}"
        of_pull = {"url": link, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        body |= {"draft": issue.pull.draft, "pull_request": {**of_pull, "merged_at": merged}}
    return body


def comment_json(at: Address, repo: Repo, issue: Issue, comment: Comment) -> Json:
    """A comment."""
    url = f"{at.repo(repo)}/issues/comments/{comment.id}"
    page = f"{at.page(repo)}/{'pull' if issue.pull else 'issues'}/{issue.number}"
    return {
        "url": url,
        "html_url": f"{page}#issuecomment-{comment.id}",
        "issue_url": f"{at.repo(repo)}/issues/{issue.number}",
        "id": comment.id,
        "node_id": node("IssueComment", comment.id),
        "user": user_json(at, comment.user),
        "created_at": iso(comment.created_at),
        "updated_at": iso(comment.updated_at),
        "author_association": association(repo, comment.user),
        "body": comment.body,
        "reactions": _reactions(url),
        "performed_via_github_app": app_json(at, comment.app) if comment.app else None,
    }


def event_json(at: Address, repo: Repo, event: Event) -> Json:
    """An event of an issue."""
    return {
        "id": event.id,
        "node_id": node("Event", event.id),
        "url": f"{at.repo(repo)}/issues/events/{event.id}",
        "actor": user_json(at, event.actor),
        "event": event.event,
        "commit_id": event.commit_id,
        "commit_url": f"{at.repo(repo)}/commits/{event.commit_id}" if event.commit_id else None,
        "created_at": iso(event.created_at),
        "performed_via_github_app": None,
        **event.more,
    }


def _reactions(url: str) -> Json:
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(kinds, 0)}
