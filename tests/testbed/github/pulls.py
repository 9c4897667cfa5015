"""Pull requests: https://docs.github.com/rest/pulls/pulls"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.testbed.github import payloads, updates
from tests.testbed.github.commits import commit_json, file_list
from tests.testbed.github.objects import Signature
from tests.testbed.github.records import Event, Issue, Json, Pull, Repo, User
from tests.testbed.github.rest import Address, Answer, ApiError, Call, invalid, iso, not_found, route
from tests.testbed.github.shapes import association, node, repo_json, user_json

if TYPE_CHECKING:
    from tests.testbed.github.world import World

READ, WRITE = "pull_requests=read", "pull_requests=write"
PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
MOST_COMMITS = 250


@route("GET", "/repos/{owner}/{repo}/pulls", READ)
def list_pulls(call: Call) -> Answer:
    """Filtered and sorted; `direction` defaults to desc only while `sort` is left out or is `created`."""
    state, sort = call.query.get("state", "open"), call.query.get("sort", "created")
    keys = {
        "created": lambda one: (one.created_at, one.number),
        "updated": lambda one: (one.updated_at, one.number),
        "popularity": lambda one: (len(one.comments), one.number),
        "long-running": lambda one: (one.created_at, one.number),
    }
    if state not in ("open", "closed", "all") or sort not in keys:
        raise invalid("PullRequest", "state" if sort in keys else "sort")
    direction = call.query.get("direction") or ("desc" if sort == "created" else "asc")
    found = [one for one in call.repo.pulls if state in (one.state, "all") and _matches(call, one)]
    found.sort(key=keys[sort], reverse=direction == "desc")
    return call.page(found, lambda one: pull_json(call.at, call.world, call.repo, one))


def _matches(call: Call, issue: Issue) -> bool:
    pull = issue.pull
    assert pull, "a pull request"
    head, base = call.query.get("head"), call.query.get("base")
    return base in (None, "", pull.base_ref) and head in (None, "", f"{pull.head_owner}:{pull.head_ref}")


@route("POST", "/repos/{owner}/{repo}/pulls", WRITE)
def create_pull(call: Call) -> Answer:
    """Open a pull request; `head` is a branch, or `owner:branch` of a fork."""
    body = call.body()
    owner, colon, branch = call.wanted("head").partition(":")
    head_repo = _fork(call.world, call.repo, owner) if colon else call.repo
    issue = open_pull(
        call.world, call.repo, head_repo, branch if colon else owner, call.wanted("base"), call.wanted("title"),
        body=body.get("body"), draft=bool(body.get("draft")), by=call.actor.user,
    )  # fmt: skip
    answer = full_pull_json(call.at, call.world, call.repo, issue)
    return Answer(answer, 201, {"Location": answer["url"]})


@route("GET", PULL, READ)
def get_pull(call: Call) -> Json:
    """One pull request. Reading it starts the computation of `mergeable`, which is null until that is done."""
    issue = find_pull(call)
    compute(call.world, call.repo, issue)
    return full_pull_json(call.at, call.world, call.repo, issue)


@route("PATCH", PULL, WRITE)
def update_pull(call: Call) -> Json:
    """Change title, body, base or state."""
    issue, body, by = find_pull(call), call.body(), call.actor.user
    if "base" in body:
        retarget(call.world, call.repo, issue, body["base"], by)
    edited = {name: body[name] for name in ("title", "body") if name in body and body[name] != getattr(issue, name)}
    if edited:
        edit(call.world, call.repo, issue, edited, by)
    if body.get("state", issue.state) not in ("open", "closed"):
        raise invalid("PullRequest", "state")
    if body.get("state", issue.state) != issue.state:
        change_state(call.world, call.repo, issue, body["state"], by)
    return full_pull_json(call.at, call.world, call.repo, issue)


@route("GET", PULL + "/commits", READ)
def list_pull_commits(call: Call) -> Answer:
    """Its commits, the oldest first, at most 250."""
    shas = commits_of(call.repo, find_pull(call))[:MOST_COMMITS]
    return call.page(shas, lambda sha: commit_json(call.at, call.world, call.repo, sha))


@route("GET", PULL + "/files", READ)
def list_pull_files(call: Call) -> Answer:
    """The files it changes, against where it left the base."""
    return call.page(_files(call.at, call.repo, find_pull(call)), lambda file: file)


@route("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", READ, "contents=read")
def list_commit_pulls(call: Call) -> Answer:
    """The merged pull request that brought a commit into the repository, and the open ones that have it."""
    sha = call.repo.git.resolve(call.parts["commit_sha"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {call.parts['commit_sha']}")
    found = [one for one in call.repo.pulls if _has_commit(call.repo, one, sha)]
    return call.page(found, lambda one: pull_json(call.at, call.world, call.repo, one))


def _has_commit(repo: Repo, issue: Issue, sha: str) -> bool:
    pull = issue.pull
    assert pull, "a pull request"
    if pull.merged_at is not None and sha == pull.merge_commit_sha:
        return True
    return (issue.state == "open" or pull.merged_at is not None) and sha in commits_of(repo, issue)


def _fork(world: World, repo: Repo, owner: str) -> Repo:
    for other in world.repos.values():
        if other.owner.login.lower() == owner.lower() and (other is repo or repo in (other.parent,)):
            return other
    raise invalid("PullRequest", "head")


def open_pull(
    world: World,
    repo: Repo,
    head_repo: Repo,
    branch: str,
    base: str,
    title: str,
    *,
    body: str | None = None,
    draft: bool = False,
    by: User | None = None,
) -> Issue:
    """Open a pull request from a branch of a repository or of one of its forks."""
    head_sha, base_sha = head_repo.git.head(branch), repo.git.head(base)
    if head_sha is None or base_sha is None:
        raise invalid("PullRequest", "head" if head_sha is None else "base")
    for other in repo.pulls:
        pull = other.pull
        if (
            pull
            and other.state == "open"
            and (pull.head_repo, pull.head_ref, pull.base_ref) == (head_repo, branch, base)
        ):
            message = f"A pull request already exists for {head_repo.owner.login}:{branch}."
            raise ApiError(
                422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}]
            )
    if repo.git.contains(base_sha, head_sha):
        message = f"No commits between {base} and {branch}"
        raise ApiError(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": message}])
    number = max(repo.issues, default=0) + 1
    now = world.now()
    issue = Issue(world.id(), number, title, body, by, now, now)
    issue.pull = Pull(world.id(), head_repo, head_repo.owner.login, branch, head_sha, base, base_sha, draft)
    repo.issues[number] = issue
    repo.git.set_ref(f"refs/pull/{number}/head", head_sha)
    world.deliveries.send(repo, "pull_request", payloads.pull_request(world, repo, issue, "opened", by))
    return issue


def edit(world: World, repo: Repo, issue: Issue, changed: Json, by: User | None) -> None:
    """Give it another title or body."""
    was = {name: {"from": getattr(issue, name) or ""} for name in changed}
    for name, value in changed.items():
        setattr(issue, name, value)
    issue.updated_at = world.now()
    if "title" in changed:
        rename = {"from": was["title"]["from"], "to": issue.title}
        issue.events.append(Event(world.id(), "renamed", by, world.now(), more={"rename": rename}))
    more = {"changes": was}
    world.deliveries.send(repo, "pull_request", payloads.pull_request(world, repo, issue, "edited", by, more))


def retarget(world: World, repo: Repo, issue: Issue, base: str, by: User | None) -> None:
    """Merge it into another branch: an `edited` event that names the old base."""
    pull = issue.pull
    assert pull, "a pull request"
    sha = repo.git.head(base)
    if sha is None:
        raise invalid("PullRequest", "base", "invalid", f"Proposed base branch '{base}' was not found")
    if base == pull.base_ref:
        return
    changes = {"base": {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}}
    pull.base_ref, pull.base_sha, pull.mergeable, pull.asked = base, sha, None, 0
    issue.updated_at = world.now()
    issue.events.append(Event(world.id(), "base_ref_changed", by, world.now()))
    more = {"changes": changes}
    world.deliveries.send(repo, "pull_request", payloads.pull_request(world, repo, issue, "edited", by, more))


def change_state(world: World, repo: Repo, issue: Issue, state: str, by: User | None) -> None:
    """Close or reopen. What was merged, or has lost its head branch, cannot be reopened."""
    pull = issue.pull
    if state == "closed":
        updates.close(world, repo, issue, by)
        return
    if pull:
        head = pull.head_repo.git.head(pull.head_ref) if pull.head_repo else None
        if pull.merged_at is not None or head is None:
            reason = "is merged" if pull.merged_at is not None else "has no head branch"
            raise invalid("PullRequest", "state", "custom", f"state cannot be changed. The pull request {reason}.")
        pull.head_sha, pull.base_sha = head, repo.git.head(pull.base_ref) or pull.base_sha
        pull.mergeable, pull.asked = None, 0
        repo.git.set_ref(f"refs/pull/{issue.number}/head", head)
    issue.state, issue.closed_at, issue.closed_by, issue.updated_at = "open", None, None, world.now()
    issue.events.append(Event(world.id(), "reopened", by, world.now()))
    if pull:
        world.deliveries.send(repo, "pull_request", payloads.pull_request(world, repo, issue, "reopened", by))


def set_draft(world: World, repo: Repo, issue: Issue, draft: bool, by: User | None) -> None:
    """Convert to a draft, or say that it is ready for review."""
    pull = issue.pull
    assert pull, "a pull request"
    if pull.draft == draft:
        return
    pull.draft, issue.updated_at = draft, world.now()
    issue.events.append(Event(world.id(), "convert_to_draft" if draft else "ready_for_review", by, world.now()))
    action = "converted_to_draft" if draft else "ready_for_review"
    world.deliveries.send(repo, "pull_request", payloads.pull_request(world, repo, issue, action, by))


def find_pull(call: Call) -> Issue:
    """The pull request of the path."""
    issue = call.repo.issues.get(int(call.parts["pull_number"])) if call.parts["pull_number"].isdigit() else None
    if issue is None or issue.pull is None:
        raise not_found()
    return issue


def compute(world: World, repo: Repo, issue: Issue, at_once: bool = False) -> None:
    """Make the test merge, some reads after it was asked for: GitHub does it in the background.

    `merge_commit_sha` names the test merge then, and `refs/pull/N/merge` points to it unless there is a conflict.
    """
    pull = issue.pull
    assert pull, "a pull request"
    if issue.state != "open" or pull.mergeable is not None:
        return
    pull.asked += 1
    if pull.asked <= world.mergeable_after and not at_once:
        return
    ref = f"refs/pull/{issue.number}/merge"
    tree = repo.git.merged(pull.base_sha, pull.head_sha)
    pull.mergeable = tree is not None
    if tree is None:
        repo.git.delete_ref(ref)
        return
    if pull.computed_for != (pull.head_sha, pull.base_sha):
        who = Signature("GitHub", "noreply@github.com", int(world.now()))
        message = f"Merge {pull.head_sha} into {pull.base_sha}"
        sha = repo.git.objects.write_commit(tree, [pull.base_sha, pull.head_sha], who, message)
        pull.merge_commit_sha, pull.computed_for = sha, (pull.head_sha, pull.base_sha)
        repo.tests[sha] = issue.number
    repo.git.set_ref(ref, pull.merge_commit_sha or "")


def commits_of(repo: Repo, issue: Issue) -> list[str]:
    """Its commits, the oldest first."""
    pull = issue.pull
    assert pull, "a pull request"
    return pull.commits if pull.merged_at is not None and pull.commits else repo.git.log(pull.head_sha, pull.base_sha)


def _files(at: Address, repo: Repo, issue: Issue) -> list[Json]:
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
    files = _files(at, repo, issue)
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
