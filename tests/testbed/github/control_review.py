"""Control: pull requests, comments, labels and what is said about commits."""

from __future__ import annotations

from tests.testbed.github import comments, issue_shape, issues, merge, merge_queue, pull_changes, pull_shape, statuses
from tests.testbed.github.control_code import Code, Files
from tests.testbed.github.records import Issue, Json, Repo


class Review(Code):
    """What people do on the web page."""

    def create_pull(
        self,
        repo: str,
        head: str,
        base: str = "main",
        title: str | None = None,
        body: str | None = None,
        draft: bool = False,
        by: str | None = None,
        fork: str | None = None,
    ) -> int:
        """Open a pull request from a branch, of the repository or of a `fork`. Returns its number."""
        with self.world.lock:
            found = self.world.repo(repo)
            source = self.world.repo(fork) if fork else found
            user = self._user(by, source)
            return pull_changes.open_pull(
                self.world, found, source, head, base, title or head, body=body, draft=draft, by=user
            ).number

    def pull(self, repo: str, number: int) -> Json:
        """A pull request as the API answers it, with `mergeable` computed."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            pull_changes.compute(self.world, found, issue, at_once=True)
            return pull_shape.full_pull_json(self.world.at, self.world, found, issue)

    def merge(self, repo: str, number: int, method: str = "merge", by: str | None = None) -> str:
        """Merge a pull request: merge, squash or rebase. Returns the SHA the base has then."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            return merge.merge(self.world, found, issue, method, self._user(by, found))

    def merge_many(
        self, repo: str, count: int, base: str = "main", by: str | None = None, prefix: str = "many"
    ) -> list[str]:
        """Open and merge so many pull requests that change a file each; for load. Returns the merge commits, in order."""
        made = []
        for _ in range(count):
            number = self.world.id()
            files: Files = {f"{prefix}/{number}.txt": f"{number}\n"}
            self.commit(repo, files, f"{prefix}-{number}", f"Change {number}", by, at=base)
            made.append(self.merge(repo, self.create_pull(repo, f"{prefix}-{number}", base, by=by), by=by))
        return made

    def enqueue(self, repo: str, number: int, onto: str | None = None, by: str | None = None) -> str:
        """Put a pull request into the merge queue, behind the group `onto`. Returns the queue's branch."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            return merge_queue.enqueue(self.world, found, issue, self._user(by, found), onto)

    def dequeue(self, repo: str, branch: str, reason: str = "dequeued") -> None:
        """Take a group off the merge queue."""
        with self.world.lock:
            merge_queue.leave(self.world, self.world.repo(repo), branch, reason)

    def merge_queued(self, repo: str, number: int, branch: str) -> str:
        """Let the merge queue merge a group. Returns the SHA the base has then."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            return merge_queue.finish(self.world, found, issue, branch)

    def close(self, repo: str, number: int, by: str | None = None) -> None:
        """Close an issue or a pull request without merging it."""
        self._state(repo, number, "closed", by)

    def reopen(self, repo: str, number: int, by: str | None = None) -> None:
        """Open it again."""
        self._state(repo, number, "open", by)

    def retarget(self, repo: str, number: int, base: str, by: str | None = None) -> None:
        """Change the branch a pull request is to be merged into."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            pull_changes.retarget(self.world, found, issue, base, self._user(by, found))

    def set_draft(self, repo: str, number: int, draft: bool = True, by: str | None = None) -> None:
        """Convert a pull request to a draft, or (False) say that it is ready for review."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            pull_changes.set_draft(self.world, found, issue, draft, self._user(by, found))

    def rename_pull(self, repo: str, number: int, title: str, by: str | None = None) -> None:
        """Give it another title."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            pull_changes.edit(self.world, found, issue, {"title": title}, self._user(by, found))

    def comment(self, repo: str, number: int, body: str, by: str | None = None) -> int:
        """Comment on an issue or a pull request. Returns the comment's id."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            return comments.comment_on(self.world, found, issue, body, self._user(by, found)).id

    def comments(self, repo: str, number: int) -> list[Json]:
        """The comments as the API answers them."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            return [issue_shape.comment_json(self.world.at, found, issue, one) for one in issue.comments]

    def label(self, repo: str, number: int, name: str, by: str | None = None) -> None:
        """Label an issue or a pull request."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            issues.add_labels(self.world, found, issue, [name], self._user(by, found))

    def unlabel(self, repo: str, number: int, name: str, by: str | None = None) -> None:
        """Take a label off."""
        with self.world.lock:
            found, issue = self._issue(repo, number)
            issues.remove_label(self.world, found, issue, name, self._user(by, found))

    def statuses(self, repo: str, sha: str) -> list[Json]:
        """All statuses reported on a commit, the oldest first; `creator` is a login."""
        with self.world.lock:
            found = self.world.repo(repo).statuses.get(sha, [])
            return [{**one, "creator": one["creator"] and one["creator"].login} for one in found]

    def combined_status(self, repo: str, sha: str) -> str:
        """What all contexts of a commit say together: success, failure or pending."""
        with self.world.lock:
            return statuses.combined(self.world.repo(repo), sha)

    def _state(self, repo: str, number: int, state: str, by: str | None) -> None:
        with self.world.lock:
            found, issue = self._issue(repo, number)
            if issue.state != state:
                pull_changes.change_state(self.world, found, issue, state, self._user(by, found))

    def _issue(self, repo: str, number: int) -> tuple[Repo, Issue]:
        found = self.world.repo(repo)
        return found, found.issues[number]
