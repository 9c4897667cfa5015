"""Comments on issues and pull requests: https://docs.github.com/rest/issues/comments"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github import access, payloads
from tests.testbed.github.issue_shape import comment_json
from tests.testbed.github.issues import ISSUE, ISSUES, READ, WRITE, find_issue
from tests.testbed.github.records import Comment, Issue, Json, Repo, User
from tests.testbed.github.rest import Answer, Call, invalid, iso, not_found, route

if TYPE_CHECKING:
    from tests.testbed.github.access import Actor
    from tests.testbed.github.world import World

LONGEST_BODY = 65_536


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
    if comment.user is not call.actor.user:
        access.require_role(call.actor, call.repo, "write")
    text = _checked(call.wanted("body"))
    payload = payloads.issue_comment(call.world, call.repo, issue, comment, "edited", call.actor.user)
    comment.body, comment.updated_at = text, call.world.now()
    payload["comment"] = comment_json(call.world.at, call.repo, issue, comment)
    call.world.deliveries.send(call.repo, "issue_comment", lambda: payload)
    return comment_json(call.at, call.repo, issue, comment)


@route("DELETE", ISSUES + "/comments/{comment_id}", *WRITE)
def delete_comment(call: Call) -> Answer:
    """Remove a comment."""
    issue, comment = _find_comment(call)
    if comment.user is not call.actor.user:
        access.require_role(call.actor, call.repo, "write")
    issue.comments.remove(comment)
    payload = payloads.issue_comment(call.world, call.repo, issue, comment, "deleted", call.actor.user)
    call.world.deliveries.send(call.repo, "issue_comment", lambda: payload)
    return Answer(None, 204)


def comment_on(
    world: World, repo: Repo, issue: Issue, text: str, by: User | None, actor: Actor | None = None
) -> Comment:
    """Comment on an issue or a pull request."""
    now = world.now()
    app = actor.token.app if actor and actor.token else None
    comment = Comment(world.id(), by, _checked(text), now, now, app)
    issue.comments.append(comment)
    issue.updated_at = now
    world.deliveries.send(
        repo, "issue_comment", lambda: payloads.issue_comment(world, repo, issue, comment, "created", by)
    )
    return comment


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
