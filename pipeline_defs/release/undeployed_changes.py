"""Undeployed changes: what a deployment would bring that is not there yet. Pure."""

import difflib
from collections.abc import Collection, Iterable, Mapping

from pydantic import Field

from pipeline_defs.release.deployment_plan import Migrations
from pipeline_defs.release.evidence import Record
from pipeline_defs.release.records import Release

_MIGRATION = (".py", ".sql")
_MIGRATIONS = {"migrations", "versions", "alembic"}


class CommitLine(Record):
    """One commit: full id, author's name, first line of the message. Text from outside."""

    id: str
    author: str
    subject: str


class PullLine(Record):
    """One pull request: `title` and `issues`, those that it closes, where GitHub was asked and has told."""

    number: int
    title: str = ""
    issues: tuple[int, ...] = ()


class FileChange(Record):
    """A file of the release: "new", "changed" or "gone"; `lines` are a unified diff without its head."""

    path: str
    how: str
    lines: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines come, and how many go."""
        return sum(line.startswith("+") for line in self.lines), sum(line.startswith("-") for line in self.lines)


class Difference(Record):
    """What a deployment would bring.

    Attributes:
        release: what would be deployed; live: what the server says that runs, None for nothing.
        images: of several what becomes of each: "new", "gone", "changed" or "the same".
        commits: those that come, newest first; gone: those that are taken back.
        pulls: pull requests in what comes, as the commits' messages and the lineage name them.
        migrations: what the rehearsal says of them; migration_files: those that come with the commits.
        files: the compose file and what else is put on the server; variables: {name: "new", "gone" or "changed"}.
        alterations: what the merged compose file changes besides the app's image, a phrase each.
        values_changed: the configuration is another one, and neither files nor the names of variables show it.
        notes: what else there is to know.
    """

    environment: str
    release: Release
    live: Release | None
    images: dict[str, str] = Field(default_factory=dict)
    commits: tuple[CommitLine, ...] = ()
    gone: tuple[CommitLine, ...] = ()
    pulls: tuple[PullLine, ...] = ()
    migrations: Migrations
    migration_files: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    variables: dict[str, str] = Field(default_factory=dict)
    alterations: tuple[str, ...] = ()
    values_changed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """True where the very same would be deployed again."""
        return self.live is not None and (self.live.digest, self.live.configuration) == (
            self.release.digest,
            self.release.configuration,
        )


def migration_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths that are migrations, by where they are and how they end."""
    parted = [(path, path.split("/")) for path in paths]
    return tuple(path for path, (*folders, name) in parted if name.endswith(_MIGRATION) and _MIGRATIONS & set(folders))


def file_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FileChange, ...]:
    """The files that differ, {path: text}, in their order."""
    changes = (_change(path, before.get(path), after.get(path)) for path in dict.fromkeys([*after, *before]))
    return tuple(change for change in changes if change is not None)


def variable_changes(before: Collection[str], after: Collection[str]) -> dict[str, str]:
    """The names that come and go."""
    return {name: "new" if name in after else "gone" for name in sorted(set(before) ^ set(after))}


def _change(path: str, before: str | None, after: str | None) -> FileChange | None:
    if before == after:
        return None
    lines = difflib.unified_diff((before or "").splitlines(), (after or "").splitlines(), n=2, lineterm="")
    how = "new" if before is None else "gone" if after is None else "changed"
    return FileChange(path=path, how=how, lines=tuple(lines)[2:])
