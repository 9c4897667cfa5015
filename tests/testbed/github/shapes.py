"""People and repositories as GitHub's API writes them."""

from __future__ import annotations

import base64
import re

from tests.testbed.github.access import LEVELS, Actor, allows, role
from tests.testbed.github.records import App, Json, Repo, User
from tests.testbed.github.rest import Address, iso

USER_LINKS = {
    "followers": "",
    "following": "{/other_user}",
    "gists": "{/gist_id}",
    "starred": "{/owner}{/repo}",
    "subscriptions": "",
    "events": "{/privacy}",
    "received_events": "",
}
REPO_LINKS = """archive:/{archive_format}{/ref} assignees:{/user} blobs:/git/blobs{/sha} branches:{/branch}
collaborators:{/collaborator} comments:{/number} commits:{/sha} compare:/compare/{base}...{head} contents:/contents/{+path}
contributors deployments downloads events forks git_commits:/git/commits{/sha} git_refs:/git/refs{/sha} git_tags:/git/tags{/sha}
hooks issue_comment:/issues/comments{/number} issue_events:/issues/events{/number} issues:{/number} keys:{/key_id}
labels:{/name} languages merges milestones:{/number} notifications:{?since,all,participating} pulls:{/number} releases:{/id}
stargazers statuses:/statuses/{sha} subscribers subscription tags teams trees:/git/trees{/sha}"""


def node(kind: str, number: int) -> str:
    """A global node ID."""
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def user_json(at: Address, user: User | None) -> Json | None:
    """A simple user; null for a deleted account."""
    if user is None:
        return None
    url = f"{at.api}/users/{user.login}"
    links = {f"{name}_url": f"{url}/{name}{rest}" for name, rest in USER_LINKS.items()}
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node("User", user.id),
        "avatar_url": f"{at.web}/avatars/{user.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{at.web}/{user.login}",
        **links,
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "type": user.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def _repo_links(base: str) -> Json:
    links = {}
    for part in REPO_LINKS.split():
        name, _, rest = part.partition(":")
        links[f"{name}_url"] = f"{base}{rest}" if rest.startswith("/") and rest[1] != "{" else f"{base}/{name}{rest}"
    links["archive_url"] = f"{base}/{{archive_format}}{{/ref}}"
    return links


def repo_json(at: Address, repo: Repo) -> Json:
    """A repository as it stands inside other things."""
    page = at.page(repo)
    return {
        "id": repo.id,
        "node_id": node("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": user_json(at, repo.owner),
        "html_url": page,
        "description": None,
        "fork": repo.parent is not None,
        "url": at.repo(repo),
        **_repo_links(at.repo(repo)),
        "created_at": iso(repo.created_at),
        "updated_at": iso(repo.pushed_at),
        "pushed_at": iso(repo.pushed_at),
        "git_url": re.sub(r"^\w+:", "git:", at.git(repo)),
        "ssh_url": f"git@{re.sub(r'^[a-z]+://|:[0-9]+$', '', at.web)}:{repo.full_name}.git",
        "clone_url": at.git(repo),
        "svn_url": page,
        "homepage": None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        "has_issues": True,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": True,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": 0,
        "mirror_url": None,
        "archived": False,
        "disabled": False,
        "open_issues_count": _open(repo),
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if repo.private else "public",
        "forks": 0,
        "open_issues": _open(repo),
        "watchers": 0,
        "default_branch": repo.default_branch,
    }


def full_repo_json(at: Address, repo: Repo, actor: Actor) -> Json:
    """A repository as it is answered itself, with what the asker may do there."""
    body = repo_json(at, repo) | {
        "temp_clone_token": "",
        "allow_squash_merge": True,
        "allow_merge_commit": True,
        "allow_rebase_merge": True,
        "allow_auto_merge": False,
        "delete_branch_on_merge": False,
        "allow_update_branch": False,
        "use_squash_pr_title_as_default": False,
        "squash_merge_commit_message": "COMMIT_MESSAGES",
        "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
        "merge_commit_message": "PR_TITLE",
        "merge_commit_title": "MERGE_MESSAGE",
        "network_count": 0,
        "subscribers_count": 1,
        "permissions": permissions_json(repo, actor),
    }
    if repo.parent:
        body |= {"parent": repo_json(at, repo.parent), "source": repo_json(at, repo.parent)}
    return body


def permissions_json(repo: Repo, actor: Actor) -> Json:
    """The asker's roles; an app's follow from what its installation may do with contents."""
    level = role(repo, actor.user)
    if actor.token and actor.token.app:
        level = "write" if allows(actor, repo, "contents=write") else "read"
    reached = LEVELS.index(level)
    names = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
    return {name: reached >= LEVELS.index(needed) for name, needed in names.items()}


def app_json(at: Address, app: App) -> Json:
    """A GitHub App."""
    return {
        "id": app.id,
        "slug": app.slug,
        "node_id": node("App", app.id),
        "client_id": f"Iv1.{app.id:016x}",
        "owner": user_json(at, app.owner),
        "name": app.slug,
        "description": None,
        "external_url": at.web,
        "html_url": f"{at.web}/apps/{app.slug}",
        "created_at": iso(app.created_at),
        "updated_at": iso(app.created_at),
        "permissions": {"metadata": "read", **app.permissions},
        "events": [],
    }


def association(repo: Repo, user: User | None) -> str:
    """What a person is to the repository."""
    if user is repo.owner:
        return "OWNER"
    return "COLLABORATOR" if user and user.login in repo.collaborators else "NONE"


def _open(repo: Repo) -> int:
    return sum(issue.state == "open" for issue in repo.issues.values())
