"""Git source: an app's git repository, on any host, seen through `git` itself."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.git import NO_SETTINGS, Git, must
from pipeline_defs.resources.git_mirror import FULL_COMMIT, Mirror
from pipeline_defs.resources.repository_url import url_of
from pipeline_defs.resources.scratch import scratch
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.server.core.command import Result

MOST_COMMITS = 200

_EARLIEST, _LATEST = 0, 253402300800  # seconds since 1970: git takes times that no calendar has
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")


class _Enough(Exception):
    """There is more than anybody wants to count."""


class Commit(NamedTuple):
    """One commit of a range: full id, author's name, first line of the message."""

    id: str
    author: str
    subject: str


class Source:
    """One repository. Reads only; what it fetched is kept in a bare mirror that can be made anew at any time.

    Credentials are git's own: SSH keys, the agent, credential helpers; or a token of GitHub. Nothing ever asks for a password.
    """

    def __init__(self, repository: str, workspace: Path, login: Secret | None = None) -> None:
        """`repository`: GitHub `owner/name`, a git URL, or a path (absolute, or from the project's folder).

        A relative path of two parts needs a leading `./`, or it is taken for a GitHub name. `workspace` is where mirror
        and checkouts go. `login` is a token that is sent to the host of an http or https URL, and nowhere else. Raises
        SourceError for a URL that holds a password.
        """
        self.repository = repository
        self.url = url_of(repository)
        self._git = Git(repository, self.url, login)
        self._mirror = Mirror(repository, self.url, workspace / "mirrors", self._git)
        self._checkouts = workspace / "checkouts"

    def heads(self, branches: Collection[str]) -> dict[str, str]:
        """The head commits of these branches, {branch: commit}; a branch that does not exist is absent. No clone needed."""
        references = self._mirror.references(*(f"refs/heads/{branch}" for branch in branches))
        found = {branch: references.get(f"refs/heads/{branch}") for branch in branches}
        return {branch: commit for branch, commit in found.items() if commit}

    def resolve(self, name: str) -> str:
        """The full commit id for a branch, a tag, HEAD, or a commit id (at least seven digits of it)."""
        if FULL_COMMIT.fullmatch(name):
            self._mirror.require(name)
            return name
        references = self._mirror.references()
        if not references:
            raise SourceError(f"the repository {self.repository} is empty; push a first commit to it")
        for reference in (f"refs/heads/{name}", f"refs/tags/{name}^{{}}", f"refs/tags/{name}", name):
            if reference in references:
                return references[reference]
        if _ABBREVIATED.fullmatch(name):
            self._mirror.fetch_branches()
            found = self._mirror.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if found.ok:
                return found.stdout.strip()
        branches = [reference.removeprefix("refs/heads/") for reference in references if "refs/heads/" in reference]
        raise SourceError(
            f"{name!r} is no branch, tag or commit of {self.repository}; its branches are {', '.join(branches[:8])}"
        )

    def require_own(self, commit: str) -> None:
        """Raise SourceError unless a branch or a tag of the repository has this commit (full id) now.

        Only then somebody who may write to the repository has vouched for it: GitHub gives a fork's commits by their ids as well.
        """
        self._mirror.require(commit)
        if not self._mirror.owns(commit):
            raise SourceError(
                f"no branch or tag of {self.repository} has commit {commit[:12]} now, so it may be of a fork; push it to a branch "
                "of the repository, or have it checked as a pull request"
            )

    @contextmanager
    def checkout(self, commit: str, *, plain: bool = False) -> Iterator[Path]:
        """A folder with the files of exactly this commit (full id), gone when the block ends.

        It holds no `.git`, and submodules are left empty: they are not supported. Symbolic links are written as they are
        and never followed. A folder that a killed run left behind is removed by the next checkout. `plain`: without the
        settings of this machine and user, so that no filter runs because the commit's attributes name it.
        """
        self._mirror.require(commit)
        with scratch(self._checkouts) as folder:
            files = folder / "files"
            files.mkdir()
            settings = {"GIT_INDEX_FILE": str(folder / "index"), **(NO_SETTINGS if plain else {})}
            written = self._mirror.git(
                f"--work-tree={files}", "read-tree", "--reset", "-u", commit, environment=settings
            )
            must(written, f"commit {commit[:12]} of {self.repository} cannot be checked out")
            yield files

    def measure(self, commit: str, *, most_files: int) -> tuple[int, int]:
        """How many files a checkout of this commit would have, and how many bytes; counting ends beyond `most_files`.

        Trees may share parts, so that a few objects unfold into any number of files.
        """
        self._mirror.require(commit)
        count = size = 0

        def take(line: str) -> None:
            nonlocal count, size
            count += 1
            of_file = line.partition("\t")[0].split()[-1]
            size += int(of_file) if of_file.isdigit() else 0
            if count > most_files:
                raise _Enough

        try:
            listed = self._mirror.git("ls-tree", "-r", "--long", "--full-tree", commit, listen=take)
        except _Enough:
            return count, size
        must(listed, f"the files of commit {commit[:12]} of {self.repository} cannot be listed")
        return count, size

    def commits_between(self, since: str | None, commit: str) -> list[Commit]:
        """The commits that `commit` has and `since` has not, newest first, at most 200.

        Without `since`, or when it is gone (the branch was rewritten), it is the commit alone.
        """
        log = self._log(since, commit, "-z", "--format=%H%n%an%n%s")
        return [Commit(*record.split("\n", 2)) for record in log.split("\0") if record]

    def commit_times(self, since: str | None, commit: str) -> list[datetime]:
        """When their authors made the commits that `commit` has and `since` has not, newest first; without merges, at most 200.

        Without `since`, or when it is gone, that of the newest commit alone.
        """
        log = self._log(since, commit, "--no-merges", "--format=%at")
        return [datetime.fromtimestamp(int(line), UTC) for line in log.split() if _EARLIEST < int(line) < _LATEST]

    def commits_brought(self, since: str | None, commit: str) -> list[tuple[str, str]]:
        """Id and first line of every commit that `commit` has and `since` has not, newest first, however many there are.

        Without `since`, or when it is gone, the commit alone.
        """
        log = self._log(since, commit, "-z", "--format=%H%n%s", most=-1)
        return [(id_, subject) for id_, _, subject in (record.partition("\n") for record in log.split("\0") if record)]

    def _log(self, since: str | None, commit: str, *options: str, most: int = MOST_COMMITS) -> str:
        """What `git log` says of a range; of the commit alone where there is no range."""
        self._mirror.require(commit)
        known = since is not None and self._mirror.can_have(since)
        which = [f"--max-count={most}", f"{since}..{commit}"] if known else ["--max-count=1", commit]
        log = self._mirror.git("log", *options, *which, "--")
        must(log, f"the commits of {self.repository} up to {commit[:12]} cannot be listed")
        return log.stdout

    def read_file(self, commit: str, path: str) -> str:
        """The text of one file in a commit."""
        self._mirror.require(commit)
        shown = self._mirror.git("cat-file", "blob", f"{commit}:{path}")
        if not shown.ok:
            raise SourceError(f"commit {commit[:12]} of {self.repository} has no file {path}")
        return shown.stdout

    def tags(self, commit: str, *, before: bool = False) -> list[str]:
        """The names of the tags that the commit (full id) has now; with `before` those of the commits before it, too."""
        self._mirror.require(commit)
        return self._mirror.tags(f"{'--merged' if before else '--points-at'}={commit}")

    def ask(self, *arguments: str, about: Collection[str]) -> Result:
        """What git answers to a question about these commits (full ids), which are fetched where they are missing."""
        for commit in about:
            self._mirror.require(commit)
        return self._mirror.git(*arguments)
