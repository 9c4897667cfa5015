"""Issues, comments and events as GitHub's API writes them."""

from __future__ import annotations

from tests.testbed.github.pull_shape import label_json
from tests.testbed.github.records import Comment, Event, Issue, Json, Repo
from tests.testbed.github.rest import Address, iso
from tests.testbed.github.shapes import app_json, association, node, user_json


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
        "labels": [label_json(at, repo, name) for name in issue.labels],
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
