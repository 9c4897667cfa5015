"""Merged changes: what a branch got since it was handled before, and the numbers in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.github.api import Pull
from pipeline_defs.release.change import Change, Trigger, run_id
from pipeline_defs.release.records import Image
from pipeline_defs.release.shipline_commits import change_below, gives_version
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.release.version_numbering import Numbers
from pipeline_defs.resources.commit_range import Ancestry
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.source_errors import SourceError

if TYPE_CHECKING:
    from pipeline_defs.github.api import Repository

MOST_ASKED = 50
"""Merges of one range whose labels are asked for, the newest ones: each costs a question."""


@dataclass(frozen=True)
class Merged:
    """What is merged into a branch that ships.

    Attributes:
        top: the newest commit: the change's own, or what Shipline put on top of it.
        start: the commit up to which everything got its version; empty before a first commit.
        line: the commits the branch was at after that, oldest first.
        written: the version at the top; `before` is the one at the start, None where there was none.
        rewritten: what was handled before is no ancestor of it.
    """

    app: App
    branch: str
    top: str
    start: str
    line: tuple[str, ...]
    written: Version
    before: Version | None
    rewritten: bool
    source: Source = field(repr=False)

    @classmethod
    def of(
        cls, instance: dg.DagsterInstance, app: App, image: Image, since: str, source: Source, head: str = ""
    ) -> "Merged":
        """What the image's commit brings. `since` is the head that was handled before; without one it is the last step alone.

        `head` is the change's own commit, where that is not the image's.
        """
        ancestry, top = Ancestry(source), image.commit
        handled = last_answered(instance, app, image.branch, since) if since else ""
        rewritten = bool(handled) and not ancestry.has(top, handled)
        start = handled if handled and not rewritten else next(iter(ancestry.details(head or top).parents), "")
        line = ancestry.line(start, top) if start else []
        for number, commit in reversed(list(enumerate(line))):
            if gives_version(ancestry.details(commit), app.version_file):
                start, line = commit, line[number + 1 :]
                break
        known = [_version_at(source, app, each) for each in (start, handled) if each]
        return cls(
            app=app,
            branch=image.branch,
            top=top,
            start=start,
            line=tuple(line),
            written=Version.parse(source.read_file(top, app.version_file)),
            before=max((each for each in known if each is not None), default=None),
            rewritten=rewritten,
            source=source,
        )

    def numbers(self, *, edited: bool, on_main: Version | None = None, labels: frozenset[str] = frozenset()) -> Numbers:
        """The numbers, by which a version is found or refused."""
        return Numbers(
            branch=self.branch,
            onto_main=self.branch == self.app.branches.main,
            written=self.written,
            before=self.before,
            on_main=on_main,
            edited=edited,
            labels=labels,
        )

    def asked_of(self, repository: "Repository") -> Numbers:
        """The numbers with what GitHub knows: the labels of what was merged, and main's version. Raises GitHubError."""
        pulls = {pull.number: pull for pull in self._pulls(repository)}
        main = repository.head(self.app.branches.main) if self.branch != self.app.branches.main else None
        return self.numbers(
            edited=self._is_edited(list(pulls.values())),
            on_main=_version_at(self.source, self.app, main) if main else None,
            labels=frozenset(label for pull in pulls.values() for label in pull.labels),
        )

    def _pulls(self, repository: "Repository") -> Iterator[Pull]:
        """A commit may be part of pull requests for other branches too, or of some that are open."""
        for commit in (self.line or (self.top,))[-MOST_ASKED:]:
            for pull in repository.pulls_of(commit):
                if pull.merged and pull.base == self.branch:
                    yield pull

    def _is_edited(self, pulls: list[Pull]) -> bool:
        """Whether somebody wrote the number, and not Shipline.

        After a merge that copied commits (squash, rebase) it is looked for in the pull request's own: what was Shipline's
        there, on development, is nobody's number for main.
        """
        if self.written == self.before or not self.start:
            return False
        copied = [pull.head for pull in pulls if _version_at(self.source, self.app, pull.head) == self.written]
        return all(self._is_anybodys(commit) for commit in (self.top, *copied))

    def _is_anybodys(self, commit: str) -> bool:
        """Whether the commit's number was written after the start, and by somebody else than Shipline."""
        last = Ancestry(self.source).last_change(self.app.version_file, self.start, commit)
        return last is not None and change_below(last, self.app.version_file) is None


def last_answered(instance: dg.DagsterInstance, app: App, branch: str, since: str) -> str:
    """The head before `since`, or itself, whose run was not given up for a newer one: what is after it has no version yet."""
    seen: set[str] = set()
    while since not in seen:
        seen.add(since)
        key = Change(app=app.name, trigger=Trigger.MERGE, commit=since, branch=branch).key
        run = instance.get_run_by_id(run_id(key))
        if run is None or "superseded_by" not in run.tags:
            return since
        since = _since_of(run, app) or since
    return since


def _since_of(run: dg.DagsterRun, app: App) -> str:
    """What a run was given as the head that was handled before it."""
    config: Any = run.run_config
    for name in ("ops", f"{app.name}_image", "config", "since"):
        config = config.get(name, {}) if isinstance(config, dict) else {}
    return config if isinstance(config, str) else ""


def _version_at(source: Source, app: App, commit: str) -> Version | None:
    """The version at a commit; None where there is none, or no such commit any more."""
    try:
        return Version.parse(source.read_file(commit, app.version_file))
    except (SourceError, VersionError):
        return None
