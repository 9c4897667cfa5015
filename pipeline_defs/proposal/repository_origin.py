"""Repository origin: where a repository came from, as its own git settings say."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pipeline_defs.resources.git import Git

_ON_GITHUB = re.compile(
    r"(?:https?://(?:[^@/]*@)?github\.com/|(?:ssh://)?git@github\.com[:/])([^/\s]+/[^/\s]+?)(?:\.git)?/?"
)
_VERSION = re.compile(r"v?\d+\.\d+\.\d+")
_MAIN = ("main", "master", "trunk")
_DEVELOPMENT = ("development", "develop", "dev")


@dataclass(frozen=True)
class Origin:
    """Where the repository is: `repository` as an app's file names it; empty where git knows no remote `origin`.

    `main` and `development` are the branches that go by one of the usual names, None where there is none; a branch that is alone is main
    whatever its name is. `one` is true where it is the only one that ships. `tagged`: git has version tags, such as v1.4.2.
    """

    is_git: bool
    repository: str = ""
    on_github: bool = False
    main: str | None = None
    development: str | None = None
    tagged: bool = False

    @property
    def one(self) -> bool:
        """True where there is a main branch and no development branch."""
        return self.main is not None and self.development is None


def origin_of(root: Path) -> Origin:
    """Ask git in the folder itself; a repository that the folder merely lies in is another one."""
    if not (root / ".git").exists():
        return Origin(is_git=False)
    git = Git(str(root), "", None)
    here = ("-C", str(root))
    remote = git.run(*here, "config", "--get", "remote.origin.url").stdout.strip()
    listed = git.run(*here, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes/origin").stdout.split()
    branches = {re.sub(r"^refs/(heads|remotes/origin)/", "", name) for name in listed} - {"HEAD"}
    alone = next(iter(branches)) if len(branches) == 1 else None
    tags = git.run(*here, "tag", "--list").stdout.split()
    named = _ON_GITHUB.fullmatch(remote)
    return Origin(
        is_git=True,
        repository=named[1] if named else _without_password(remote),
        on_github=named is not None,
        main=next((name for name in _MAIN if name in branches), alone),
        development=next((name for name in _DEVELOPMENT if name in branches and name != alone), None),
        tagged=any(_VERSION.fullmatch(tag) for tag in tags),
    )


def _without_password(remote: str) -> str:
    """The address without a password in it, which an app's file must never hold."""
    parts = urlsplit(remote) if "://" in remote else None
    if parts is None or parts.password is None:
        return remote
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
