"""Pull requests and labels as GitHub's API writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github.commits import file_list
from tests.testbed.github.records import Issue, Json, Pull, Repo
from tests.testbed.github.rest import Address, iso
from tests.testbed.github.shapes import association, node, repo_json, user_json

if TYPE_CHECKING:
    from tests.testbed.github.world import World


def commits_of(repo: Repo, issue: Issue) -> list[str]:
    """Its commits, the oldest first."""
    pull = issue.pull
    assert pull, "a pull request"
    return pull.commits if pull.merged_at is not None and pull.commits else repo.git.log(pull.head_sha, pull.base_sha)


def files_of(at: Address, repo: Repo, issue: Issue) -> list[Json]:
    pull = issue.pull
    assert pull, "a pull request"
    start = pull.merge_base or repo.git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    return file_list(at, repo, repo.git.commit(start).tree, repo.git.commit(pull.head_sha).tree, pull.head_sha)


def pull_json(at: Address, world: World, repo: Repo, issue: Issue) -> Json:
    """A pull request as lists show it: without `merged` and `mergeable`."""
    pull = issue.pull
    assert pull, "a pull request"
    url, page = f"{at.repo(repo)}/pulls/{issue.number}", f"{at.page(repo)}/pull/{issue.number}"
    issue_url = f"{at.repo(repo)}/issues/{issue.number}"
    links = {
        "comments": f"{issue_url}/comments",
        "commits": f"{url}/commits",
        "statuses": f"{at.repo(repo)}/statuses/{pull.head_sha}",
        "review_comments": f"{url}/comments",
        "review_comment": f"{at.repo(repo)}/pulls/comments{{/number}}",
    }
    head_user = pull.head_repo.owner if pull.head_repo else world.users.get(pull.head_owner.lower())
    return {
        "url": url,
        "id": pull.id,
        "node_id": node("PullRequest", pull.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue_url,
        "number": issue.number,
        "state": issue.state,
        "locked": False,
        "active_lock_reason": None,
        "title": issue.title,
        "user": user_json(at, issue.user),
        "body": issue.body,
        "created_at": iso(issue.created_at),
        "updated_at": iso(issue.updated_at),
        "closed_at": iso(issue.closed_at) if issue.closed_at else None,
        "merged_at": iso(pull.merged_at) if pull.merged_at else None,
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [label_json(at, repo, name) for name in issue.labels],
        "milestone": None,
        "draft": pull.draft,
        **{f"{name}_url": link for name, link in links.items()},
        "head": {
            "label": f"{pull.head_owner}:{pull.head_ref}",
            "ref": pull.head_ref,
            "sha": pull.head_sha,
            "user": user_json(at, head_user),
            "repo": repo_json(at, pull.head_repo) if pull.head_repo else None,
        },
        "base": {
            "label": f"{repo.owner.login}:{pull.base_ref}",
            "ref": pull.base_ref,
            "sha": pull.base_sha,
            "user": user_json(at, repo.owner),
            "repo": repo_json(at, repo),
        },
        "_links": {
            name: {"href": link} for name, link in {"self": url, "html": page, "issue": issue_url, **links}.items()
        },
        "author_association": association(repo, issue.user),
        "auto_merge": None,
    }


def full_pull_json(at: Address, world: World, repo: Repo, issue: Issue) -> Json:
    """A pull request as it is answered itself."""
    pull = issue.pull
    assert pull, "a pull request"
    files = files_of(at, repo, issue)
    return pull_json(at, world, repo, issue) | {
        "merged": pull.merged_at is not None,
        "mergeable": pull.mergeable if issue.state == "open" else None,
        "rebaseable": pull.mergeable if issue.state == "open" else None,
        "mergeable_state": _mergeable_state(repo, issue),
        "merged_by": user_json(at, pull.merged_by),
        "comments": len(issue.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(commits_of(repo, issue)),
        "additions": sum(file["additions"] for file in files),
        "deletions": sum(file["deletions"] for file in files),
        "changed_files": len(files),
    }


def _mergeable_state(repo: Repo, issue: Issue) -> str:
    pull = issue.pull
    assert pull, "a pull request"
    if pull.mergeable is None or issue.state != "open":
        return "unknown"
    if not pull.mergeable:
        return "dirty"
    if pull.draft:
        return "draft"
    return "blocked" if unmet(repo, pull) else "clean"


def unmet(repo: Repo, pull: Pull) -> list[str]:
    """The required contexts that are not green.

    A status on the test merge wins: https://docs.github.com/pull-requests/collaborating-with-pull-requests/
    collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks
    """
    rules = repo.protections.get(pull.base_ref)
    test = repo.statuses.get(pull.merge_commit_sha or "", [])
    newest = {one["context"].lower(): one["state"] for one in [*repo.statuses.get(pull.head_sha, []), *test]}
    return [name for name in (rules.required_contexts if rules else []) if newest.get(name.lower()) != "success"]


def label_json(at: Address, repo: Repo, name: str) -> Json:
    """A label of the repository, made when it is new."""
    label = repo.labels.setdefault(name.lower(), {"id": 5000 + len(repo.labels), "name": name})
    return {
        "id": label["id"],
        "node_id": node("Label", label["id"]),
        "url": f"{at.repo(repo)}/labels/{label['name']}",
        "name": label["name"],
        "description": "",
        "color": "ededed",
        "default": False,
    }
