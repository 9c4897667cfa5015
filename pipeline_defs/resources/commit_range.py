"""Commit range: which commits lie between two, and what they changed; asked of an app's git repository."""

from pipeline_defs.release.shipline_commits import CommitDetails
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.server.core.failure_reason import why

MOST = 200
"""Commits of one line that are looked at, the newest."""


class Ancestry:
    """What git knows of the commits of a source. Commits are full ids, and fetched where they are missing.

    Every method raises SourceError for a commit that the repository does not have.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def details(self, commit: str) -> CommitDetails:
        """Parents, message and changed files of a commit."""
        head, _, message = self._said(commit, "cat-file", "commit", commit).partition("\n\n")
        parents = tuple(line.removeprefix("parent ") for line in head.splitlines() if line.startswith("parent "))
        against = (parents[0], commit) if parents else ("--root", commit)
        listed = self._said(commit, "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-commit-id", *against)
        return CommitDetails(commit, parents, message, tuple(path for path in listed.split("\0") if path))

    def has(self, commit: str, ancestor: str) -> bool:
        """Whether `ancestor` is the commit or one before it; not where it is gone from the repository."""
        try:
            asked = self._source.ask("merge-base", "--is-ancestor", ancestor, commit, about=(commit, ancestor))
        except SourceError:
            return False
        return asked.ok

    def line(self, since: str, commit: str) -> list[str]:
        """The commits that the branch itself was at after `since`, up to `commit`, oldest first: what was merged is one step."""
        which = ("rev-list", "--first-parent", f"--max-count={MOST}", commit, f"^{since}")
        return self._said(commit, *which, also=since).split()[::-1]

    def last_change(self, path: str, since: str, commit: str) -> CommitDetails | None:
        """The commit after `since` from which `commit` has this file; None where it has it from before."""
        which = ("rev-list", "--max-count=1", commit, f"^{since}", "--", path)
        found = self._said(commit, *which, also=since).strip()
        return self.details(found) if found else None

    def _said(self, commit: str, *arguments: str, also: str = "") -> str:
        asked = self._source.ask(*arguments, about=tuple(each for each in (commit, also) if each))
        if not asked.ok:
            raise SourceError(f"git cannot tell about commit {commit[:12]} of {self._source.repository}: {why(asked)}")
        return asked.stdout
