"""Code of forks on the real Engine: whatever a commit tries, it sees no secret, leaves no trace and reaches nothing."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from pipeline_defs.lineage.events import image_key
from pipeline_defs.release.request import Job
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.isolation import NAMES, Isolation, untrusted_checkout
from pipeline_defs.resources.source_errors import SourceError
from tests.support.fork_variants import GOOD_END, Variant
from tests.support.forks import ForkBed, leaks, variants
from tests.support.shop import git
from tests.testbed import docker
from tests.testbed.bed import TestBed


@pytest.fixture(scope="module")
def forks(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkBed]:
    with ForkBed(testbed, tmp_path_factory.mktemp("forks")) as made:
        yield made


def variant(name: str) -> Variant:
    return next(each for each in variants() if each.name == name)


GOOD = Variant("a good change", lambda place: {"conftest.py": GOOD_END + "print('changed')\n"})


AT_ONCE = (
    "a lint command that runs the checkout's code",
    "attributes that name filters of this machine",
    "a build that looks for secrets",
    "tests that look around",
    "a compose file of its own",
)
"""What may be in one commit: none of it ends the run."""
EXAMPLES = {
    "a source file that is a link",
    "a build that takes a private image",
    "a build that writes cache mounts",
    "results that are a link",
}
"""With `AT_ONCE` one for each way that code of a fork could take: lint, checkout, build, caches, tests, results."""


def all_at_once() -> Variant:
    """A commit that tries all of `AT_ONCE`."""
    tried = [variant(name) for name in AT_ONCE]
    return Variant("all at once", lambda place: {k: v for each in tried for k, v in each.files(place).items()})


def cases() -> list[ParameterSet]:
    """All variants; what is no example is thorough."""
    others = (pytest.mark.thorough,)
    single = [pytest.param(each, id=each.name, marks=() if each.name in EXAMPLES else others) for each in variants()]
    return [pytest.param(all_at_once(), id="all at once"), *single]


@pytest.mark.parametrize("variant", cases())
def test_a_fork_gets_hold_of_nothing(forks: ForkBed, variant: Variant) -> None:
    assert leaks(forks, variant) == []


@pytest.fixture(scope="module")
def good(forks: ForkBed) -> tuple[str, str]:
    """A good change that was checked: its commit and its run."""
    commit = forks.fork(GOOD)
    run, failed = forks.check(commit)
    assert failed == ""
    return commit, run


def test_a_good_change_is_checked_and_its_evidence_kept(forks: ForkBed, good: tuple[str, str]) -> None:
    commit, run = good
    (found,) = forks.checked(run)
    assert (found.untrusted, found.commit, found.branch, found.digest, found.tags) == (
        True,
        commit,
        "development",
        "",
        (),
    )
    assert found.lint is not None
    assert found.lint.command == "flake8, as `make lint` is not run on code that is not merged"
    assert found.tests is not None
    assert (found.tests.tests, found.tests.passed) == (1, True)
    assert [step.step for step in found.steps] == ["lint", "build", "test", "push"]
    assert forks.instance.get_latest_materialization_event(image_key(forks.app.name)) is None


def test_a_pull_request_of_the_repository_itself_is_checked_as_a_forks_is(forks: ForkBed) -> None:
    hostile = variant("a compose file of its own")
    commit = forks.fork(hostile)
    before = forks.stored()
    run, failed = forks.check_own(commit)
    assert failed == ""
    (found,) = forks.checked(run)
    assert (found.untrusted, found.digest, found.tags) == (True, "", ())
    assert not forks.place.spied.exists()
    assert forks.stored() == before


def test_no_server_ever_finds_it(forks: ForkBed, good: tuple[str, str]) -> None:
    commit, _ = good
    assert "has no image of commit" in forks.run(Job.DEPLOY, alone=True, commit=commit)[1]
    refused = forks.run(Job.DEPLOY, commit=commit, branch="development", untrusted=True)[1]
    assert "code that is not merged is checked and never brought to a server" in refused


def test_the_tag_alone_is_enough(forks: ForkBed) -> None:
    commit = forks.fork(variant("a lint command that runs the checkout's code"))
    result = forks.definitions.resolve_job_def(f"{forks.app.name}_integrate").execute_in_process(
        run_config={"ops": {f"{forks.app.name}_image": {"config": {"commit": commit, "branch": "development"}}}},
        tags={"untrusted": "yes"},
        instance=forks.instance,
    )
    assert result.success
    assert forks.checked(result.run_id)
    assert not forks.place.spied.exists()


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"branch": "development"}, "needs the full id of the commit"),
        ({"branch": "development", "commit": "HEAD"}, "needs the full id of the commit"),
        ({"commit": "1" * 40}, "needs the name of the base branch"),
    ],
)
def test_a_run_that_does_not_say_whose_tests_are_run_on_what_is_refused(
    forks: ForkBed, request_: dict[str, str], sentence: str
) -> None:
    assert sentence in forks.run(untrusted=True, **request_)[1]


def test_a_base_branch_that_is_gone_is_said(forks: ForkBed) -> None:
    assert "has no branch gone, whose tests" in forks.check(forks.fork(GOOD), "gone")[1]


def test_what_a_killed_run_left_is_removed_by_the_next(forks: ForkBed, good: tuple[str, str]) -> None:
    _, killed = good
    mine = Isolation(forks.engine, forks.app, killed)
    other = Isolation(forks.engine, forks.app, "a-run-of-another-home")
    for isolation in (mine, other):
        docker.docker("tag", "debian:bookworm-slim", isolation.image)
    forks.check(forks.fork(GOOD))
    assert (forks.engine.has(mine.image), forks.engine.has(other.image)) == (False, True)
    other.remove()
    assert f"{NAMES}/{forks.app.name}" not in docker.docker("image", "ls")


def test_no_trusted_build_takes_a_layer_of_an_untrusted_one(forks: ForkBed) -> None:
    folder = forks.folder / "layers"
    folder.mkdir()
    step = f"RUN cat /proc/sys/kernel/random/uuid # {forks.fork(GOOD)}"
    (folder / "Dockerfile").write_text(f"FROM python:3.11-slim\n{step}\n")
    untrusted = Isolation(forks.engine, forks.app, "layers")
    one: list[str] = []
    two: list[str] = []
    untrusted.build(folder, labels={}, listen=one.append)
    untrusted.remove()
    forks.engine.build(folder, f"{forks.name}-layers", forks.app.build, labels={}, listen=two.append)
    forks.engine.remove(f"{forks.name}-layers")
    made = [
        [word for line in lines for word in line.split() if re.fullmatch(r"[0-9a-f-]{36}", word)]
        for lines in (one, two)
    ]
    assert [len(found) for found in made] == [1, 1]
    assert made[0] != made[1]


def test_secrets_in_build_arguments_and_test_variables_are_refused(forks: ForkBed) -> None:
    app, password = forks.app, forks.bed.registry.password
    assert app.test is not None
    build = app.build.model_copy(update={"arguments": {"INDEX": f"https://u:{password}@example.org"}})
    test = app.test.model_copy(update={"environment": {"TOKEN": password}})
    isolation = Isolation(forks.engine, app.model_copy(update={"build": build, "test": test}), "1")
    with pytest.raises(
        Exception, match=r"^build.arguments.INDEX holds a secret of forked_[0-9a-f]{8}, which"
    ) as caught:
        isolation.build(forks.folder, labels={}, listen=print)
    assert password not in str(caught.value)
    with pytest.raises(Exception, match=r"^test.environment.TOKEN holds a secret of forked_[0-9a-f]{8}, which"):
        isolation.test(forks.folder, listen=print)


def test_a_repository_that_unfolds_into_too_many_files_is_not_checked_out(tmp_path: Path) -> None:
    repository = tmp_path / "bomb"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=main")
    (repository / "x").write_text("x")
    tree, kind = git(repository, "hash-object", "-w", "x"), "100644 blob"
    for _ in range(6):  # ten of the level below each: a million files
        lines = "".join(f"{kind} {tree}\t{number}\n" for number in range(10))
        made = subprocess.run(
            ["git", "mktree"], cwd=repository, input=lines, capture_output=True, text=True, check=True
        )
        tree, kind = made.stdout.strip(), "040000 tree"
    commit = git(repository, "commit-tree", "-m", "bomb", tree)
    git(repository, "update-ref", "refs/pull/1/head", commit)
    source = Source(str(repository), tmp_path / "workspace")
    with pytest.raises(SourceError, match="is larger than the 100000 files"), untrusted_checkout(source, commit):
        pytest.fail("it was checked out")


@pytest.mark.thorough
class TestTheDetectors:
    """That a leak would be seen: the same attempts where nothing keeps them back."""

    def test_a_trusted_run_executes_the_commits_lint_command_and_filters(self, forks: ForkBed) -> None:
        for name in ("a lint command that runs the checkout's code", "attributes that name filters of this machine"):
            commit = forks.fork(variant(name))
            forks.run(commit=commit, branch="other")
            assert forks.place.spied.exists(), name

    def test_an_ordinary_container_reaches_this_machine(self, forks: ForkBed) -> None:
        address = forks.place.targets[0]
        program = f"import socket; socket.create_connection({address!r}, 5)"
        docker.docker("run", "--rm", "python:3.11-slim", "python", "-c", program)

    def test_an_ordinary_build_leaves_its_cache_mount_to_the_next(self, forks: ForkBed) -> None:
        forks.fork(GOOD)  # for a cache that nobody has used yet
        folder = forks.folder / "ordinary"
        folder.mkdir()
        write = f"RUN --mount=type=cache,target=/cache,id={forks.place.cache} echo poison > /cache/poison"
        (folder / "Dockerfile").write_text(f"FROM python:3.11-slim\n{write}\n")
        forks.engine.build(folder, f"{forks.name}-ordinary", forks.app.build, labels={})
        forks.engine.remove(f"{forks.name}-ordinary")
        assert "poison" in forks.layer()
