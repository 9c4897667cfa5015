"""Source: an app's git repository, on any host, seen through `git` itself."""

import base64
import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from filelock import FileLock

from pipeline_defs.config.github import is_full_name
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.resources.scratch import scratch
from pipeline_defs.server.command import Command, CommandTimeout, Result

HEADS_SECONDS = 20.0
FETCH_SECONDS = 900.0
LOCAL_SECONDS = 300.0
MOST_COMMITS = 200

LOGIN_USER = "x-access-token"
"""The user with whom GitHub takes a token, whoever's it is, as the password."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = re.compile(r"[0-9a-f]{7,63}")
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "gc.autoDetach=false",
    "i18n.logOutputEncoding=UTF-8",
    "http.lowSpeedLimit=1000",  # bytes/s; a transfer that stays below it
    "http.lowSpeedTime=30",  # so many seconds is given up
)
# fmt: off
_OF_A_SURROUNDING_GIT = {
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "SSH_ASKPASS",
}
# fmt: on


class SourceError(Exception):
    """The repository cannot give what was asked for; one sentence that says what to do."""


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
        self._login = login if origin_of(self.url) else None
        name = re.sub(r"[^a-z0-9]+", "-", repository.removesuffix(".git").rpartition("/")[2].lower())
        self._mirror = workspace / "mirrors" / f"{name}-{hashlib.sha256(self.url.encode()).hexdigest()[:10]}.git"
        self._checkouts = workspace / "checkouts"

    def heads(self, branches: Collection[str]) -> dict[str, str]:
        """The head commits of these branches, {branch: commit}; a branch that does not exist is absent. No clone needed."""
        references = self._remote_references(*(f"refs/heads/{branch}" for branch in branches))
        found = {branch: references.get(f"refs/heads/{branch}") for branch in branches}
        return {branch: commit for branch, commit in found.items() if commit}

    def resolve(self, name: str) -> str:
        """The full commit id for a branch, a tag, HEAD, or a commit id (at least seven digits of it)."""
        if _COMMIT.fullmatch(name):
            self._require(name)
            return name
        references = self._remote_references()
        if not references:
            raise SourceError(f"the repository {self.repository} is empty; push a first commit to it")
        for reference in (f"refs/heads/{name}", f"refs/tags/{name}^{{}}", f"refs/tags/{name}", name):
            if reference in references:
                return references[reference]
        if _ABBREVIATED.fullmatch(name):
            self._fetch_branches()
            found = self._mirror_git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            if found.ok:
                return found.stdout.strip()
        branches = [reference.removeprefix("refs/heads/") for reference in references if "refs/heads/" in reference]
        raise SourceError(
            f"{name!r} is no branch, tag or commit of {self.repository}; its branches are {', '.join(branches[:8])}"
        )

    @contextmanager
    def checkout(self, commit: str) -> Iterator[Path]:
        """A folder with the files of exactly this commit (full id), gone when the block ends.

        It holds no `.git`, and submodules are left empty: they are not supported. Symbolic links are written as they are
        and never followed. A folder that a killed run left behind is removed by the next checkout.
        """
        self._require(commit)
        with scratch(self._checkouts) as folder:
            files = folder / "files"
            files.mkdir()
            written = self._mirror_git(
                f"--work-tree={files}", "read-tree", "--reset", "-u", commit, GIT_INDEX_FILE=str(folder / "index")
            )
            self._must(written, f"commit {commit[:12]} of {self.repository} cannot be checked out")
            yield files

    def commits_between(self, since: str | None, commit: str) -> list[Commit]:
        """The commits that `commit` has and `since` has not, newest first, at most 200.

        Without `since`, or when it is gone (the branch was rewritten), it is the commit alone.
        """
        self._require(commit)
        known = since is not None and (self._has(since) or self._try_fetch(since))
        which = [f"--max-count={MOST_COMMITS}", f"{since}..{commit}"] if known else ["--max-count=1", commit]
        log = self._mirror_git("log", "-z", "--format=%H%n%an%n%s", *which, "--")
        self._must(log, f"the commits of {self.repository} up to {commit[:12]} cannot be listed")
        return [Commit(*record.split("\n", 2)) for record in log.stdout.split("\0") if record]

    def read_file(self, commit: str, path: str) -> str:
        """The text of one file in a commit."""
        self._require(commit)
        shown = self._mirror_git("cat-file", "blob", f"{commit}:{path}")
        if not shown.ok:
            raise SourceError(f"commit {commit[:12]} of {self.repository} has no file {path}")
        return shown.stdout

    def ask(self, *arguments: str, about: Collection[str]) -> Result:
        """What git answers to a question about these commits (full ids), which are fetched where they are missing."""
        for commit in about:
            self._require(commit)
        return self._mirror_git(*arguments)

    def _remote_references(self, *references: str) -> dict[str, str]:
        """What the repository's host answers, {reference: commit}. The patterns of `ls-remote` match more than they say."""
        listed = self._git(
            "ls-remote", "--quiet", "--", self.url, *references, timeout=HEADS_SECONDS, login=self._login
        )
        self._must(listed, f"the repository {self.repository} cannot be read")
        pairs = (line.split("\t", 1) for line in listed.stdout.splitlines() if "\t" in line)
        return {reference: commit for commit, reference in pairs}

    def _require(self, commit: str) -> None:
        """See to it that the mirror has the commit."""
        if not _COMMIT.fullmatch(commit):
            raise SourceError(f"{commit[:80]!r} is not a full commit id of 40 or 64 hex digits")
        if self._has(commit) or self._try_fetch(commit):
            return
        self._fetch_branches()
        if not self._has(commit):
            empty = "" if self._remote_references() else " (it is empty; push a first commit to it)"
            raise SourceError(f"the repository {self.repository} has no commit {commit[:12]}{empty}")

    def _has(self, commit: str) -> bool:
        return self._mirror.is_dir() and self._mirror_git("cat-file", "-e", f"{commit}^{{commit}}").ok

    def _try_fetch(self, commit: str) -> bool:
        """Ask for the very commit. A host may refuse what is no branch's head; then only its branches can be asked for."""
        return self._fetch(f"+{commit}:refs/shipline/{commit}").ok and self._has(commit)

    def _fetch_branches(self) -> None:
        self._must(self._fetch("+refs/heads/*:refs/heads/*"), f"the repository {self.repository} cannot be fetched")

    def _fetch(self, refspec: str) -> Result:
        self._mirror.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._mirror.with_suffix(".lock")):
            for left_behind in [*self._mirror.glob("*.lock"), *self._mirror.glob("refs/**/*.lock")]:
                left_behind.unlink(missing_ok=True)  # of a killed fetch; this one has the mirror to itself
            made = self._git("init", "--quiet", "--bare", "--", str(self._mirror))
            self._must(made, f"the mirror of {self.repository} cannot be made in {self._mirror.parent}")
            fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", self.url, refspec)
            return self._mirror_git(*fetch, timeout=FETCH_SECONDS, login=self._login)

    def _mirror_git(
        self, *arguments: str, timeout: float = LOCAL_SECONDS, login: Secret | None = None, **environment: str
    ) -> Result:
        return self._git(f"--git-dir={self._mirror}", *arguments, timeout=timeout, login=login, **environment)

    def _git(
        self, *arguments: str, timeout: float = LOCAL_SECONDS, login: Secret | None = None, **environment: str
    ) -> Result:
        """Execute git; only what speaks with the repository's host is given the login."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        git = Command(("git", *settings, *arguments), environment=environment)
        try:
            return self._runner(login).run(git, timeout=timeout)
        except CommandTimeout:
            verb = next(word for word in arguments if not word.startswith("-"))
            raise SourceError(
                f"`git {verb}` for {self.repository} did not end within {timeout:g} s; is its host reachable?"
            ) from None

    def _runner(self, login: Secret | None) -> LocalRunner:
        inherited = _environment()
        if login is None:
            return LocalRunner(environment=inherited)
        given = Secret(base64.b64encode(f"{LOGIN_USER}:{login.reveal()}".encode()).decode())
        return LocalRunner(
            environment=inherited | _header(inherited, origin_of(self.url), given), secrets=(login, given)
        )

    @staticmethod
    def _must(result: Result, failure: str) -> None:
        if not result.ok:
            said = [line for line in result.stderr.splitlines() if line and not line.startswith(("warning:", "hint:"))]
            raise SourceError(f"{failure}: {said[0] if said else f'git ended with status {result.status}'}")


def url_of(repository: str) -> str:
    """The address that git is given. Raises SourceError for one that holds a password."""
    if is_full_name(repository):
        return f"https://github.com/{repository.removesuffix('.git')}.git"
    if "://" in repository:
        if urlsplit(repository).password is not None:
            raise SourceError(
                f"the repository's URL at {urlsplit(repository).hostname} holds a password, which would be shown in "
                "logs; leave it out and use an SSH key or a git credential helper"
            )
        return repository
    if re.match(r"[^/]+:", repository):  # user@host:path
        return repository
    return str((PROJECT / Path(repository).expanduser()).resolve())


def origin_of(url: str) -> str:
    """Where an http or https URL leads, such as `https://github.com`; empty for every other address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


def _header(inherited: Mapping[str, str], origin: str, login: Secret) -> dict[str, str]:
    """Settings that make git send the login to this origin. In the environment, since everybody may read a program's words.

    An empty value first takes out what the user's own settings may send there: two headers are refused.
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader
    """
    count = inherited.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdigit() else 0
    values = ("", f"Authorization: Basic {login.reveal()}")
    settings = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, value in enumerate(values, first):
        settings |= {f"GIT_CONFIG_KEY_{number}": f"http.{origin}/.extraHeader", f"GIT_CONFIG_VALUE_{number}": value}
    return settings


def _environment() -> dict[str, str]:
    """For git without its questions, with only the protocols that fetch, and without the variables of a surrounding git."""
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_A_SURROUNDING_GIT}
    settings = {
        "LC_ALL": "C.UTF-8",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",  # `ext::` and other helpers would run what the URL says
        "SSH_ASKPASS_REQUIRE": "never",
    }
    if "GIT_SSH" not in inherited:
        settings["GIT_SSH_COMMAND"] = inherited.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10")
    return inherited | settings
