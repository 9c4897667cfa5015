"""Version tags: what the tags of a git repository say of a commit's version (`versioning: tags`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.release.version_numbering import next_patch
from pipeline_defs.resources.git_source import Source


@dataclass(frozen=True)
class VersionTags:
    """The version tags at a commit: `here` is the greatest that it has itself, `newest` the greatest that it or one before it has."""

    here: Version | None
    newest: Version | None

    @property
    def version(self) -> Version:
        """The version of the commit: its own tag, else the next patch after the newest one."""
        return self.here or next_patch(self.newest, ())


def version_tags(source: Source, commit: str) -> VersionTags:
    """The version tags at a commit (full id), such as `v1.4.2` or `1.4.2`; other tags are passed over. Raises SourceError."""
    here = _greatest(source.tags(commit))
    return VersionTags(here, here or _greatest(source.tags(commit, before=True)))


def _greatest(names: Iterable[str]) -> Version | None:
    found = []
    for name in names:
        try:
            found.append(Version.parse(name))
        except VersionError:
            continue
    return max(found, default=None)
