"""Git mirror: what was fetched of an app's repository, as a bare repository of this machine that can be made anew at any time."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline_defs.resources.git import LOCAL_SECONDS, Git, must
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.server.core.command import Listener, Result

HEADS_SECONDS = 20.0
FETCH_SECONDS = 900.0

_LOCK = ".lock"
_OWN = "refs/shipline-own"
"""Below it are branches and tags as they were at the last look, and nothing else."""

FULL_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A full commit id."""


class Mirror:
    """The mirror of one repository in `folder`. Commits are fetched when they are asked for."""

    def __init__(self, repository: str, url: str, folder: Path, git: Git) -> None:
        """`repository` is what errors call it."""
        self._repository, self._url, self._run = repository, url, git.run
        name = re.sub(r"[^a-z0-9]+", "-", repository.removesuffix(".git").rpartition("/")[2].lower())
        self._folder = folder / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:10]}.git"
        self._here: set[str] = set()

    def references(self, *references: str) -> dict[str, str]:
        """What the repository's host answers, {reference: commit}. The patterns of `ls-remote` match more than they say."""
        listed = self._run("ls-remote", "--quiet", "--", self._url, *references, timeout=HEADS_SECONDS, log_in=True)
        must(listed, f"the repository {self._repository} cannot be read")
        pairs = (line.split("\t", 1) for line in listed.stdout.splitlines() if "\t" in line)
        return {reference: commit for commit, reference in pairs}

    def require(self, commit: str) -> None:
        """See to it that the commit (full id) is here. Raises SourceError."""
        if not FULL_COMMIT.fullmatch(commit):
            raise SourceError(f"{commit[:80]!r} is not a full commit id of 40 or 64 hex digits")
        with suppress(OSError):
            os.utime(self._folder.with_suffix(_LOCK))  # it is in use: see `used`
        if self.can_have(commit):
            return
        self.fetch_branches()
        if not self._has(commit):
            empty = "" if self.references() else " (it is empty; push a first commit to it)"
            raise SourceError(f"the repository {self._repository} has no commit {commit[:12]}{empty}")

    def can_have(self, commit: str) -> bool:
        """Whether the commit is here, or the host gives it. A host may refuse what is no branch's head."""
        return self._has(commit) or (
            self._fetch(refspecs=[f"+{commit}:refs/shipline/{commit}"]).ok and self._has(commit)
        )

    def owns(self, commit: str) -> bool:
        """Whether a branch or a tag of the repository has this commit now. Raises SourceError where that cannot be found out.

        A host such as GitHub gives the commits of forks, too, to whoever names them: that a commit is here says nothing.
        """
        references = self.references("refs/heads/*", "refs/tags/*")
        if commit in {head for name, head in references.items() if name.startswith(("refs/heads/", "refs/tags/"))}:
            return True
        self._fetch_own()
        if not self._has(commit):
            return False
        found = self.git("for-each-ref", "--count=1", f"--contains={commit}", f"{_OWN}/")
        must(found, f"the branches and tags of {self._repository} that have {commit[:12]} cannot be listed")
        return bool(found.stdout.strip())

    def tags(self, *which: str) -> list[str]:
        """The names of the repository's tags now that `git for-each-ref` finds, such as by `--merged=<commit>`. Raises SourceError."""
        self._fetch_own()
        found = self.git("for-each-ref", "--format=%(refname:lstrip=3)", *which, f"{_OWN}/tags/")
        must(found, f"the tags of {self._repository} cannot be listed")
        return found.stdout.split()

    def _fetch_own(self) -> None:
        own = [f"+refs/{kind}/*:{_OWN}/{kind}/*" for kind in ("heads", "tags")]
        must(self._fetch("--prune", refspecs=own), f"the branches and tags of {self._repository} cannot be fetched")

    def fetch_branches(self) -> None:
        """Fetch every branch."""
        must(
            self._fetch(refspecs=["+refs/heads/*:refs/heads/*"]), f"the repository {self._repository} cannot be fetched"
        )

    def git(
        self,
        *arguments: str,
        timeout: float = LOCAL_SECONDS,
        listen: Listener | None = None,
        environment: Mapping[str, str] | None = None,
        log_in: bool = False,
    ) -> Result:
        """Execute git on the mirror."""
        words = (f"--git-dir={self._folder}", *arguments)
        return self._run(*words, timeout=timeout, listen=listen, environment=environment, log_in=log_in)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self._folder.with_suffix(_LOCK), timeout=FETCH_SECONDS)
        try:
            lock.acquire()
        except Timeout:
            what = f"another run has been fetching {self._repository} for {FETCH_SECONDS:.0f} s"
            raise SourceError(f"{what}; see whether its host answers, and start this one again") from None
        try:
            yield
        finally:
            lock.release()

    def _has(self, commit: str) -> bool:
        """Whether the commit is here; what was here once is not looked for again, as long as the mirror is there."""
        if not self._folder.is_dir():
            self._here.clear()
        elif commit not in self._here and self.git("cat-file", "-e", f"{commit}^{{commit}}").ok:
            self._here.add(commit)
        return commit in self._here

    def _fetch(self, *options: str, refspecs: Sequence[str]) -> Result:
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            for left_behind in [*self._folder.glob("*.lock"), *self._folder.glob("refs/**/*.lock")]:
                left_behind.unlink(missing_ok=True)  # of a killed fetch; this one has the mirror to itself
            made = self._run("init", "--quiet", "--bare", "--", str(self._folder))
            must(made, f"the mirror of {self._repository} cannot be made in {self._folder.parent}")
            fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", *options, "--", self._url, *refspecs)
            return self.git(*fetch, timeout=FETCH_SECONDS, log_in=True)


def used(mirror: Path) -> float:
    """When the mirror in a folder was last asked for a commit: seconds since 1970; 0 where nobody knows."""
    try:
        return mirror.with_suffix(_LOCK).stat().st_mtime
    except OSError:
        return 0.0
