"""GitHub repository: an app's repository on GitHub."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from pipeline_defs.config.secret import Secret
from pipeline_defs.github.api import (
    approvals,
    comments,
    commits,
    github_deployments,
    github_releases,
    github_statuses,
    granted_permissions,
    issues,
    repository_queries,
)
from pipeline_defs.github.api.api_requests import Access
from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.github_facts import Approval, Comparison, Move, Pull, Validator
from pipeline_defs.github.api.github_login import AppLogin, TokenLogin
from pipeline_defs.github.api.response_parsing import fact, login
from pipeline_defs.release.shipline_commits import CommitDetails


class Repository:
    """What Shipline reads from and writes to one repository. Commits are full ids, times ISO 8601 of GitHub's clock.

    Every method raises GitHubError: GitHubUnavailable for what passes by itself, GitHubRefused for a missing permission. None sleeps,
    and a limit of requests that is used up is an error too. Reading is tried once more after a fault; writing looks first whether
    the fault came after the deed. May be used by several threads.
    """

    def __init__(
        self, api: str, full_name: str, login: TokenLogin | AppLogin, hear: Callable[[Answer], None] = lambda _: None
    ) -> None:
        """`api`: base address of the API; `full_name`: owner/name; `hear` is told each answer. Nothing is asked yet."""
        self.full_name = full_name
        self.api = api
        self._login = login
        self._access = Access(api, login, hear)
        self._path = f"/repos/{full_name}"

    def __repr__(self) -> str:
        return f"Repository({self.api!r}, {self.full_name!r}, {self._login!r})"

    @cached_property
    def web(self) -> str:
        """The address of its page, as GitHub itself says; after a renaming the new one."""
        return fact(lambda data: str(data["html_url"]), repository_queries.about(self._access, self._path).json())

    @cached_property
    def login(self) -> str:
        """The account that Shipline acts as; of an App its bot, `name[bot]`."""
        if isinstance(self._login, AppLogin):
            return fact(lambda data: f"{data['app_slug']}[bot]", self._login.installation())
        return fact(login, self._access.get("/user").json())

    def ask_whether_there(self) -> None:
        """Ask for the repository itself. Raises GitHubError where not even that is answered."""
        repository_queries.about(self._access, self._path)

    def token(self) -> Secret:
        """What git fetches with: the token, or one of the App's installation that lives for a quarter of an hour at least."""
        return Secret(self._login.token)

    def head(self, branch: str, known: str = "") -> str | None:
        """The commit the branch is at, None where there is no such branch. While it is at `known` this costs nothing."""
        return repository_queries.head(self._access, self._path, branch, known)

    def branches_below(self, prefix: str, known: Validator | None) -> tuple[dict[str, str] | None, Validator]:
        """The branches whose names begin with `prefix`, {branch: commit}; None, at no cost, while nothing has changed."""
        return repository_queries.branches_below(self._access, self._path, prefix, known)

    def open_pulls(self, known: Validator | None) -> tuple[list[Pull] | None, Validator]:
        """All open pull requests, newest first, and by what this state is known; None, at no cost, while nothing has changed."""
        return repository_queries.open_pulls(self._access, self._path, known)

    def pull(self, number: int) -> Pull | None:
        """One pull request, open or closed; None where there is none with this number."""
        return repository_queries.pull(self._access, self._path, number)

    def pulls_of(self, commit: str) -> list[Pull]:
        """The pull requests, open and merged, that a commit belongs to; none where GitHub does not know the commit."""
        return repository_queries.pulls_of(self._access, self._path, commit)

    def tags(self, known: Validator | None) -> tuple[dict[str, str] | None, Validator]:
        """Every tag's commit, {tag: commit}, of annotated tags too; None, at no cost, while nothing has changed."""
        return repository_queries.tags(self._access, self._path, known)

    def moves(self, branch: str, since: str) -> list[Move]:
        """The moves of the branch since it was at the commit `since` for the last time, oldest first.

        Empty where it is still there, and where its newest 500 moves do not tell; GitHub may notice a move some seconds late.
        """
        return repository_queries.moves(self._access, self._path, branch, since)

    def commit(self, sha: str) -> CommitDetails:
        """A commit's parents, message and files, by which Shipline's own commits are known (`release/shipline_commits.py`)."""
        return repository_queries.commit(self._access, self._path, sha)

    def compare(self, base: str, head: str) -> Comparison:
        """What `head` has and `base` has not; both are commits, branches or tags."""
        return repository_queries.compare(self._access, self._path, base, head)

    def approvals(self, number: int, label: str) -> list[Approval]:
        """Comments `/shipline test` and labelings with `label` on a pull request by people, newest last; see `may_write`."""
        return approvals.approvals(self._access, self._path, number, label)

    def may_write(self, login: str) -> bool:
        """True when this account may push to the repository: it has the role admin, maintain or write."""
        return approvals.may_write(self._access, self._path, login)

    def closing_issues(self, pull: Pull) -> list[int]:
        """The issues that a pull request closes ("Fixes #12" in its body, or a branch `12-fix-cart`). Asks nobody."""
        return issues.closing_issues(pull, self.full_name)

    def ensure_status(self, sha: str, context: str, state: str, description: str, target_url: str = "") -> None:
        """See to it that the newest status of this context says this. State: error, failure, pending or success."""
        github_statuses.ensure_status(self._access, self._path, sha, context, state, description, target_url)

    def ensure_deployment(
        self,
        key: str,
        sha: str,
        environment: str,
        *,
        description: str = "",
        payload: Mapping[str, Any] | None = None,
        production: bool,
    ) -> int:
        """The id of the one deployment with this key, made where there is none. The key is kept in its payload as `shipline`."""
        return github_deployments.ensure_deployment(
            self._access, self._path, key, sha, environment, description, payload or {}, production=production
        )

    def ensure_deployment_status(
        self, deployment: int, state: str, *, description: str = "", log_url: str = "", environment_url: str = ""
    ) -> None:
        """See to it that the newest status of a deployment says this.

        State: error, failure, inactive, in_progress, queued, pending or success.
        """
        github_deployments.ensure_deployment_status(
            self._access, self._path, deployment, state, description, log_url, environment_url
        )

    def ensure_comment(self, number: int, marker: str, body: str) -> None:
        """One comment for each marker on a pull request or issue, edited when it says something else.

        `marker` is a short text without `--`; it stands in the comment where nobody sees it.
        """
        comments.ensure_comment(self._access, self._path, lambda: self.login, number, marker, body)

    def say_once(self, number: int, marker: str, body: str) -> None:
        """Comment, unless a comment with this marker is there already."""
        comments.say_once(self._access, self._path, lambda: self.login, number, marker, body)

    def ensure_tag(self, tag: str, sha: str) -> None:
        """See to it that the tag names this commit. Raises GitHubError where it names another: tags are not moved."""
        github_releases.ensure_tag(self._access, self._path, tag, sha)

    def ensure_release(self, tag: str, sha: str, name: str, body: str) -> None:
        """See to it that the tag and a release for it exist; a release that is there keeps its name and notes."""
        github_releases.ensure_release(self._access, self._path, tag, sha, name, body)

    def commit_file(self, branch: str, parent: str, path: str, text: str, message: str) -> str:
        """Commit a file's new text on top of `parent`, the branch's head; the new commit's id.

        Raises BranchMoved when the branch is elsewhere, and GitHubRefused when its protection keeps us out.
        """
        return commits.commit_file(self._access, self._path, branch, parent, path, text, message)

    def merge_into(self, base: str, head: str, message: str) -> str | None:
        """Merge `head` into the branch `base`; the new commit's id, None where there is nothing to merge.

        Raises GitHubError on conflicts.
        """
        return commits.merge_into(self._access, self._path, base, head, message)

    def permissions_missing(self, needed: Collection[str]) -> list[str]:
        """Which of the permissions, such as "statuses: write", the token or App lacks. Nothing is changed by finding out."""
        return granted_permissions.missing(self._access, self._path, self._login, needed)
