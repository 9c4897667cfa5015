"""Git repositories, real ones: heads, ranges, clean checkouts, and the sentences for what is not there."""

import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.version import Version
from pipeline_defs.resources import git_mirror
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.version_tags import VersionTags, version_tags


class Repository:
    """A bare repository as a host keeps it, and a clone in which commits are made."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.git"
        self.clone = folder / "clone"
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(self.path), cwd=folder)
        self._git("clone", "--quiet", str(self.path), str(self.clone), cwd=folder)
        self._git("checkout", "-q", "-b", "main")

    def _git(self, *words: str, cwd: Path | None = None) -> str:
        identity = {"GIT_CONFIG_GLOBAL": "/dev/null"}
        for role in ("AUTHOR", "COMMITTER"):
            identity |= {f"GIT_{role}_NAME": "Ada Ünal", f"GIT_{role}_EMAIL": "ada@example.org"}
        done = subprocess.run(
            ["git", *words],
            cwd=cwd or self.clone,
            env=os.environ | identity,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, subject: str, files: dict[str, str], branch: str = "main") -> str:
        """Write the files, commit and push them to a branch; gives the commit."""
        for name, content in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(content)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "-m", subject)
        self._git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return self._git("rev-parse", "HEAD")

    def rewind(self) -> None:
        """Forget the last commit, as before a forced push."""
        self._git("reset", "--quiet", "--hard", "HEAD~1")

    def git(self, *words: str) -> str:
        """Any git command in the clone."""
        return self._git(*words)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository."""
    return Repository(tmp_path)


@pytest.fixture
def source(repository: Repository, tmp_path: Path) -> Source:
    """The repository as Shipline sees it."""
    return Source(str(repository.path), tmp_path / "workspace")


def test_heads_are_those_of_exactly_these_branches(repository: Repository, source: Source) -> None:
    main = repository.commit("one", {"a": "1"})
    development = repository.commit("two", {"a": "2"}, "development")
    repository.commit("three", {"a": "3"}, "refs/heads/main")  # a branch that ends like the one that is asked for
    found = source.heads(["main", "development", "missing", "ma*"])
    assert found == {"main": main, "development": development}


def test_an_empty_repository_has_no_heads_and_says_so_when_a_commit_is_wanted(source: Source) -> None:
    assert source.heads(["main"]) == {}
    with pytest.raises(SourceError, match="is empty; push a first commit to it"):
        source.resolve("main")
    with pytest.raises(SourceError, match="is empty; push a first commit to it"), source.checkout("a" * 40):
        pass


def test_names_are_resolved(repository: Repository, source: Source) -> None:
    commit = repository.commit("one", {"a": "1"})
    repository.git("tag", "-a", "v1", "-m", "tagged")
    repository.git("push", "--quiet", "origin", "v1")
    for name in ("main", "v1", "HEAD", commit, commit[:9]):
        assert source.resolve(name) == commit
    with pytest.raises(SourceError, match=r"'nope' is no branch, tag or commit of .*; its branches are main"):
        source.resolve("nope")
    for name in ("-x", "--upload-pack=touch /tmp/x", "main; id", "main^{tree}"):
        with pytest.raises(SourceError):
            source.resolve(name)


def test_a_commit_is_the_repositorys_own_on_a_branch_or_a_tag(repository: Repository, source: Source) -> None:
    first = repository.commit("one", {"a": "1"})
    tagged = repository.commit("two", {"a": "2"}, "topic/x")
    repository.git("tag", "-a", "v1", "-m", "tagged")
    light = repository.commit("three", {"a": "3"}, "topic/x")
    repository.git("tag", "light")
    repository.git("push", "--quiet", "origin", "v1", "light")
    head = repository.commit("four", {"a": "4"})
    repository.git("push", "--quiet", "origin", "--delete", "topic/x")
    for commit in (first, tagged, light, head):
        source.require_own(commit)


def test_the_version_tags_at_a_commit_are_those_of_the_repository_now(repository: Repository, source: Source) -> None:
    first = repository.commit("one", {"a": "1"})
    assert (version_tags(source, first).newest, str(version_tags(source, first).version)) == (None, "0.1.0")
    repository.git("tag", "-a", "v1.4.2", "-m", "annotated")
    repository.git("tag", "nightly")
    second = repository.commit("two", {"a": "2"})
    repository.git("tag", "1.10.0")
    repository.git("tag", "v1.9.0")
    third = repository.commit("three", {"a": "3"})
    repository.git("push", "--quiet", "origin", "--tags")
    assert version_tags(source, first) == VersionTags(Version(1, 4, 2), Version(1, 4, 2))
    assert version_tags(source, second).here == Version(1, 10, 0)
    assert str(version_tags(source, third).version) == "1.10.1"
    repository.git("push", "--quiet", "origin", "--delete", "1.10.0")
    assert str(version_tags(source, third).version) == "1.9.1"


def test_a_commit_that_can_be_named_is_not_the_repositorys_own(repository: Repository, source: Source) -> None:
    """GitHub keeps the commits of a fork's pull request below refs/pull, and gives each by its id."""
    repository.commit("one", {"a": "1"})
    forks = []
    for reference in ("refs/pull/5/head", "refs/pull/refs/heads/main"):
        (repository.clone / "a").write_text(reference)
        repository.git("commit", "--quiet", "--all", "-m", "of a fork")
        repository.git("push", "--quiet", "origin", f"HEAD:{reference}")
        forks.append(repository.git("rev-parse", "HEAD"))
    for commit in forks:
        assert source.resolve(commit) == commit  # it can be had
        with (
            source.checkout(commit),
            pytest.raises(SourceError, match=r"no branch or tag of .* so it may be of a fork"),
        ):
            source.require_own(commit)
    assert source.resolve("refs/pull/5/head") == forks[0]


def test_what_a_branch_had_yesterday_is_not_its_own_today(repository: Repository, source: Source) -> None:
    kept = repository.commit("one", {"a": "1"})
    rewritten = repository.commit("two", {"a": "2"})
    deleted = repository.commit("three", {"a": "3"}, "topic")
    repository.git("push", "--quiet", "origin", "HEAD:refs/tags/v1")
    for commit in (rewritten, deleted):
        source.require_own(commit)
    repository.git("push", "--quiet", "origin", "--delete", "topic", "refs/tags/v1")
    repository.git("reset", "--quiet", "--hard", kept)
    repository.commit("another", {"a": "4"})
    for commit in (rewritten, deleted):
        with pytest.raises(SourceError, match="no branch or tag"):
            source.require_own(commit)
    repository.commit("below", {"a": "5"}, "topic/below")  # where a branch was there is a folder of branches now
    source.require_own(kept)


def test_a_repository_that_does_not_answer_owns_nothing(repository: Repository, source: Source) -> None:
    commit = repository.commit("one", {"a": "1"})
    source.require_own(commit)
    repository.path.rename(repository.path.with_suffix(".away"))
    with pytest.raises(SourceError, match="cannot be read"):
        source.require_own(commit)


def test_a_checkout_is_exactly_the_commit(repository: Repository, source: Source) -> None:
    (repository.clone / "run.sh").write_text("#!/bin/sh\n")
    (repository.clone / "run.sh").chmod(0o755)
    (repository.clone / "link").symlink_to("/etc/passwd")
    first = repository.commit("one", {"a ü.txt": "1", "deep/er/b": "2", ".gitattributes": "left-out export-ignore\n"})
    repository.commit("two", {"a ü.txt": "changed", "left-out": "x"})
    second = repository.commit("three", {"c": "3"})
    with source.checkout(first) as one, source.checkout(second) as two:
        assert (one / "a ü.txt").read_text() == "1"
        assert sorted(str(file.relative_to(one)) for file in one.rglob("*")) == [
            ".gitattributes", "a ü.txt", "deep", "deep/er", "deep/er/b", "link", "run.sh"
        ]  # fmt: skip
        assert os.access(one / "run.sh", os.X_OK)
        assert (one / "link").readlink() == Path("/etc/passwd")
        assert (two / "a ü.txt").read_text() == "changed"
        assert (two / "left-out").exists()
        (one / "written by a build").write_text("x")
    assert not one.exists()
    assert not two.exists()
    with source.checkout(first) as again:
        assert not (again / "written by a build").exists()


def test_two_checkouts_at_once_fetch_one_mirror(repository: Repository, source: Source) -> None:
    commits = [repository.commit(f"commit {number}", {"a": str(number)}) for number in range(6)]

    def content(number: int) -> str:
        with source.checkout(commits[number]) as folder:
            return (folder / "a").read_text()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(content, range(6))) == [str(number) for number in range(6)]


def test_a_commit_of_no_branch_can_still_be_had(repository: Repository, source: Source) -> None:
    repository.commit("one", {"a": "1"})
    gone = repository.commit("two", {"a": "2"})
    repository.rewind()
    kept = repository.commit("three", {"a": "3"})
    with source.checkout(gone) as folder:
        assert (folder / "a").read_text() == "2"
    assert [commit.subject for commit in source.commits_between(gone, kept)] == ["three"]


def test_the_times_of_commits_are_their_authors_and_merges_count_not(repository: Repository, source: Source) -> None:
    first = repository.commit("one", {"a": "1"})
    repository.commit("two", {"a": "2"})
    repository.git("commit", "--quiet", "--amend", "-m", "two", "--date", "2026-03-01T12:00:00+0200")
    repository.git("checkout", "-q", "-b", "side", first)
    repository.commit("three", {"b": "1"}, branch="side")
    repository.git("commit", "--quiet", "--amend", "-m", "three", "--date", "2026-03-02T12:00:00-0500")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    last = repository.commit("no time", {"a": "3"})
    expected = [datetime(2026, 3, 2, 17, tzinfo=UTC), datetime(2026, 3, 1, 10, tzinfo=UTC)]
    assert sorted(source.commit_times(first, last), reverse=True)[1:] == expected
    assert source.commit_times(last, last) == []
    assert [commit for commit, _ in source.commits_brought(first, last)] == [
        commit.id for commit in source.commits_between(first, last)
    ]
    assert source.commits_brought(last, last) == []
    assert source.commits_brought(None, last) == [(last, "no time")]
    assert len(source.commit_times(None, last)) == 1


def test_commits_between_two_heads(repository: Repository, source: Source) -> None:
    first = repository.commit("one", {"a": "1"})
    repository.commit("two: $(touch x) `id` 'quoted'\n\nbody", {"a": "2"})
    third = repository.commit("drei ü", {"a": "3"})
    commits = source.commits_between(first, third)
    assert [(commit.author, commit.subject) for commit in commits] == [
        ("Ada Ünal", "drei ü"),
        ("Ada Ünal", "two: $(touch x) `id` 'quoted'"),
    ]
    assert commits[0].id == third
    assert [commit.id for commit in source.commits_between(None, third)] == [third]
    assert [commit.id for commit in source.commits_between("0" * 40, third)] == [third]
    assert source.commits_between(third, third) == []


def test_a_file_is_read_from_a_commit(repository: Repository, source: Source) -> None:
    commit = repository.commit("one", {"version.txt": "1.2.3\n"})
    repository.commit("two", {"version.txt": "1.2.4\n"})
    assert source.read_file(commit, "version.txt") == "1.2.3\n"
    for path in ("missing.txt", "../shop.git/HEAD", "/etc/passwd"):
        with pytest.raises(SourceError, match=f"has no file {path}"):
            source.read_file(commit, path)


def test_what_a_killed_fetch_left_behind_is_in_nobodys_way(
    repository: Repository, source: Source, tmp_path: Path
) -> None:
    commit = repository.commit("one", {"a": "1"})
    source.resolve(commit)
    (mirror,) = (tmp_path / "workspace" / "mirrors").glob("*.git")
    for name in ("HEAD.lock", "packed-refs.lock", "config.lock"):
        (mirror / name).touch()
    newer = repository.commit("two", {"a": "2"})
    (mirror / "refs" / "shipline" / f"{newer}.lock").touch()
    assert source.read_file(newer, "a") == "2"


@pytest.mark.parametrize(
    ("repository_name", "sentence"),
    [
        ("/no/such/repository", "/no/such/repository cannot be read: fatal: .* does not appear to be a git repository"),
        ("ssh://git@127.0.0.1:1/shop.git", "cannot be read: ssh: connect to host 127.0.0.1 port 1: Connection refused"),
        ("http://127.0.0.1:1/shop.git", "cannot be read: fatal: unable to access"),
        ("ext::sh -c touch% /tmp/x", "cannot be read: fatal: transport 'ext' not allowed"),
    ],
)
def test_repositories_that_do_not_answer(repository_name: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=sentence) as caught:
        Source(repository_name, tmp_path).heads(["main"])
    assert "\n" not in str(caught.value)


def test_a_repository_that_never_answers(tmp_path: Path, silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_mirror, "HEADS_SECONDS", 1.0)
    with pytest.raises(SourceError, match=r"`git ls-remote` for .* did not end within 1 s; is its host reachable"):
        Source(f"git://127.0.0.1:{silent_port}/shop.git", tmp_path).heads(["main"])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_password_in_the_url_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds a password") as caught:
        Source("https://ada:s3cr3t@git.example.org/shop.git", tmp_path)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("acme/shop", "https://github.com/acme/shop.git"),
        ("git@git.example.org:acme/shop.git", "git@git.example.org:acme/shop.git"),
        ("https://git.example.org/shop.git", "https://git.example.org/shop.git"),
        ("/srv/git/shop.git", "/srv/git/shop.git"),
        ("./examples/shop", str(PROJECT / "examples" / "shop")),
    ],
)
def test_what_a_repository_may_be(repository: str, url: str, tmp_path: Path) -> None:
    assert Source(repository, tmp_path).url == url
