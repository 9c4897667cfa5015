"""Control: repositories, branches and commits, made directly in the bare repository."""

from __future__ import annotations

from pathlib import Path

from tests.testbed.github import updates
from tests.testbed.github.merge import signature
from tests.testbed.github.objects import EMPTY_TREE
from tests.testbed.github.records import Json, Protection, Repo, User
from tests.testbed.github.world import World

Files = dict[str, str | None]


class Code:
    """What developers do with git."""

    world: World

    def create_repository(
        self,
        repo: str,
        files: Files | None = None,
        folder: Path | str | None = None,
        private: bool = True,
        default_branch: str = "main",
    ) -> str:
        """A repository `owner/name`, empty or with a first commit of these files or of a folder's. Returns its name."""
        with self.world.lock:
            made = self.world.add_repo(repo, private=private, default_branch=default_branch)
        if folder is not None:
            content: dict[str, str | bytes | None] = {
                str(path.relative_to(folder)): path.read_bytes()
                for path in sorted(Path(folder).rglob("*"))
                if path.is_file() and not {".git", "__pycache__"} & set(path.parts)
            }
            with self.world.lock:
                self._commit(made, content, default_branch, "The beginning", made.owner, None)
        if files:
            self.commit(repo, files, default_branch, "The beginning")
        return made.full_name

    def create_fork(self, repo: str, owner: str) -> str:
        """A fork with the same branches. Returns its name."""
        with self.world.lock:
            parent = self.world.repo(repo)
            fork = self.world.add_repo(
                f"{owner}/{parent.name}", private=parent.private, default_branch=parent.default_branch, parent=parent
            )
            for name, sha in parent.git.refs("refs/heads/").items():
                fork.git.set_ref(name, sha)
        return fork.full_name

    def delete_repository(self, repo: str) -> None:
        """Delete it. Pull requests from it keep their head, but have no `head.repo` any more."""
        with self.world.lock:
            gone = self.world.repos.pop(self.world.repo(repo).full_name.lower())
            gone.deleted = True
            for other in self.world.repos.values():
                for issue in other.pulls:
                    if issue.pull and issue.pull.head_repo is gone:
                        issue.pull.head_repo = None

    def rename_repository(self, repo: str, name: str) -> str:
        """Give it another name; the old one's addresses answer 301."""
        with self.world.lock:
            found = self.world.repo(repo)
            self.world.renamed[found.full_name.lower()] = self.world.repos.pop(found.full_name.lower())
            found.name = name
            self.world.repos[found.full_name.lower()] = found
        return found.full_name

    def commit(
        self,
        repo: str,
        files: Files,
        branch: str = "main",
        message: str = "Change",
        by: str | None = None,
        at: str | None = None,
    ) -> str:
        """Push a commit that writes these files (None removes one) to a branch. Returns its SHA.

        A branch that is new begins at `at` (a branch, tag or SHA), else at the default branch.
        """
        with self.world.lock:
            found = self.world.repo(repo)
            return self._commit(found, dict(files), branch, message, self._user(by, found), at)

    def _commit(
        self, repo: Repo, files: dict[str, str | bytes | None], branch: str, message: str, by: User, at: str | None
    ) -> str:
        git = repo.git
        parent = git.head(branch) or git.resolve(at or repo.default_branch)
        if at and git.head(branch) is None and parent is None:
            raise ValueError(f"{at!r} is no commit of {repo.full_name}")
        tree = git.edit(git.commit(parent).tree if parent else EMPTY_TREE, dict(files))
        who = signature(self.world, by)
        sha = git.objects.write_commit(tree, [parent] if parent else [], who, message)
        updates.move(self.world, repo, f"refs/heads/{branch}", sha, by)
        return sha

    def merge_branch(self, repo: str, branch: str, into: str, by: str | None = None, message: str | None = None) -> str:
        """Merge a branch into another one with a merge commit, as `git merge --no-ff` and a push do. Returns its SHA."""
        with self.world.lock:
            found = self.world.repo(repo)
            ours, theirs = self._sha(found, into), self._sha(found, branch)
            tree = found.git.merged(ours, theirs)
            if tree is None:
                raise ValueError(f"{branch} and {into} conflict")
            user = self._user(by, found)
            text = message or f"Merge branch '{branch}' into {into}"
            sha = found.git.objects.write_commit(tree, [ours, theirs], signature(self.world, user), text)
            updates.move(self.world, found, f"refs/heads/{into}", sha, user)
        return sha

    def head(self, repo: str, branch: str = "main") -> str | None:
        """The SHA of a branch, None when there is none."""
        with self.world.lock:
            return self.world.repo(repo).git.head(branch)

    def log(self, repo: str, branch: str = "main") -> list[str]:
        """The SHAs behind a branch, the newest first."""
        with self.world.lock:
            found = self.world.repo(repo)
            return found.git.log(self._sha(found, branch))[::-1]

    def read(self, repo: str, path: str, ref: str = "main") -> str | None:
        """A file's text, None when there is none."""
        with self.world.lock:
            found = self.world.repo(repo)
            entry = found.git.entry(found.git.commit(self._sha(found, ref)).tree, path)
            return found.git.objects.blob(entry.sha).decode() if entry else None

    def create_branch(self, repo: str, branch: str, at: str = "main", by: str | None = None) -> str:
        """Push a new branch at a commit. Returns its SHA."""
        return self.force_push(repo, branch, at, by)

    def force_push(self, repo: str, branch: str, to: str, by: str | None = None) -> str:
        """Point a branch to any commit (branch, tag or SHA), whatever was there. Returns the SHA."""
        with self.world.lock:
            found = self.world.repo(repo)
            sha = self._sha(found, to)
            updates.move(self.world, found, f"refs/heads/{branch}", sha, self._user(by, found))
        return sha

    def delete_branch(self, repo: str, branch: str, by: str | None = None) -> None:
        """Delete a branch; pull requests from it or into it are closed."""
        with self.world.lock:
            found = self.world.repo(repo)
            updates.move(self.world, found, f"refs/heads/{branch}", None, self._user(by, found))

    def tag(self, repo: str, name: str, at: str = "main", by: str | None = None) -> str:
        """Push a tag. Returns the SHA."""
        with self.world.lock:
            found = self.world.repo(repo)
            sha = self._sha(found, at)
            updates.move(self.world, found, f"refs/tags/{name}", sha, self._user(by, found))
        return sha

    def protect_branch(
        self,
        repo: str,
        branch: str = "main",
        required_contexts: list[str] | None = None,
        pull_request_required: bool = True,
        allow_force_pushes: bool = False,
    ) -> None:
        """Protect a branch: no direct pushes but by admins, no force pushes, statuses that have to be green."""
        with self.world.lock:
            rules = Protection(pull_request_required, required_contexts or [], allow_force_pushes)
            self.world.repo(repo).protections[branch] = rules

    def unprotect_branch(self, repo: str, branch: str = "main") -> None:
        """Take the protection away."""
        with self.world.lock:
            self.world.repo(repo).protections.pop(branch, None)

    def activity(self, repo: str) -> list[Json]:
        """What happened to references: dictionaries with ref, before, after, activity_type; the oldest first."""
        with self.world.lock:
            return [{**one, "actor": one["actor"] and one["actor"].login} for one in self.world.repo(repo).activities]

    def _user(self, login: str | None, repo: Repo) -> User:
        return self.world.user(login) if login else repo.owner

    def _sha(self, repo: Repo, text: str) -> str:
        sha = repo.git.resolve(text)
        if sha is None:
            raise ValueError(f"{text!r} is no commit of {repo.full_name}")
        return sha
