"""What counts as tested: an image is tested before only if the very same tests have passed on it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config.build import Build, ImageTest
from pipeline_defs.lineage.events import SKIPPED
from pipeline_defs.resources.docker_client import find_client
from pipeline_defs.resources.test_definition import Unprovable, definition_of
from tests.integration.tested import PASSES, commit
from tests.integration.tiny import IMAGE, Tiny, shipped
from tests.support import shop
from tests.testbed.bed import TestBed
from tests.testbed.images import BASE


@pytest.fixture
def tiny(testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """An app whose tests lie outside of what its image is built from."""
    with shipped(testbed, tmp_path, monkeypatch) as made:
        made.change(test=ImageTest())
        yield made


def skipped(tiny: Tiny, run: str) -> dict[str, str]:
    """The ops of a run that say that they had nothing to do, and why."""
    outputs = tiny.instance.all_logs(run, of_type=dg.DagsterEventType.STEP_OUTPUT)
    told = {
        entry.dagster_event.node_name: entry.dagster_event.step_output_data.metadata
        for entry in outputs
        if entry.dagster_event
    }
    return {op: str(metadata[SKIPPED].value) for op, metadata in told.items() if SKIPPED in metadata}


def test_a_proof_counts_for_the_same_tests_alone(tiny: Tiny) -> None:
    def outcome() -> str:
        return next(step.outcome for step in tiny.images[0].steps if step.step == "test")

    made = tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.0", PASSES))
    assert skipped(tiny, made) == {}
    first = tiny.images[0]
    assert (outcome(), bool(first.tested)) == ("done", True)
    made = tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.1", PASSES))
    assert skipped(tiny, made) == {"tiny_build": "built before", "tiny_test": f"tested before: {first.tests}"}
    again = tiny.images[0]
    assert (outcome(), again.digest, again.tests) == ("reused", first.digest, first.tests)
    # A commit that only adds a failing test is not taken for tested; of which files that is true the tests below say.
    with pytest.raises(dg.Failure) as caught:
        tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.2", "echo broken; exit 1\n"))
    assert "the tests failed with status 1: broken" in (caught.value.description or "")
    tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.3", f"true\n{PASSES}"))
    assert (outcome(), tiny.images[0].digest) == ("done", first.digest)


def test_what_passed_in_the_merge_queue_counts_for_the_merge(tiny: Tiny) -> None:
    asked = commit(tiny, "1.0.0", PASSES)
    change = f"queue:tiny:main:{asked['commit']}"
    queue = {**asked, "branch": f"gh-readonly-queue/main/pr-7-{'2' * 40}"}
    tiny.run("deploy", IMAGE, tiny_image=queue, tags={"change": change, "head": asked["commit"]})
    assert tiny.images[0].tags == ()
    made = tiny.run("deploy", IMAGE, tiny_image=asked)
    merged, queued = tiny.images[:2]
    assert skipped(tiny, made) == {"tiny_build": "built before", "tiny_test": f"tested before: {queued.tests}"}
    assert (merged.digest, "1.0.0" in merged.tags) == (queued.digest, True)


def test_tests_in_a_stage_of_their_own_are_run_and_proved(tiny: Tiny) -> None:
    dockerfile = (
        f"FROM {BASE.name} AS base\nCOPY content.txt /\nFROM base AS test\nRUN echo kept >/tests\nFROM base AS final\n"
    )
    compose = "services: {tests: {build: {context: ., target: test}, command: [cat, /%s]}}"
    tiny.change(test=ImageTest(target="test", junit=None))
    tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.0", "", compose % "tests", dockerfile))
    assert [step.outcome for step in tiny.images[0].steps if step.step == "test"] == ["done"]
    with pytest.raises(dg.Failure, match="the tests failed with status 1"):
        tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.2", "", compose % "nothing", dockerfile))


def test_what_a_dockerfile_mounts_has_to_be_given(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    dockerfile = f"FROM {BASE.name}\nRUN --mount=type=secret,id=pip_token test -s /run/secrets/pip_token\n"
    tiny.change(test=None)
    asked = commit(tiny, "1.0.0", "", dockerfile=dockerfile)
    with pytest.raises(dg.Failure) as caught:
        tiny.run("deploy", IMAGE, tiny_image=asked)
    assert "write `build: {secrets: {pip_token: {env: PIP_TOKEN}}}`" in (caught.value.description or "")
    monkeypatch.setenv("PIP_TOKEN", "t0ken-of-the-build")
    tiny.change(build=Build.model_validate({"secrets": {"pip_token": {"env": "PIP_TOKEN"}}}))
    tiny.run("deploy", IMAGE, tiny_image=asked)


@pytest.fixture
def checkout(testbed: TestBed, tmp_path: Path) -> Iterator[Path]:
    """A test compose file that reads everything a compose file can read."""
    folder = tmp_path / "checkout"
    files = {
        "docker-compose-test.yml": """
include: [more.yml]
services:
  tests:
    extends: {file: base.yml, service: base}
    env_file: [test.env]
    volumes: ["./tests:/tests", "${RESULTS}:/results"]
    configs: [c]
    secrets: [s]
    environment: {WORD: "${WORD:-none}"}
configs: {c: {file: ./conf/c.txt}}
secrets: {s: {file: ./conf/s.txt}}
""",
        "base.yml": "services: {base: {image: '${IMAGE}', command: [pytest]}}\n",
        "more.yml": "services: {fake: {build: {context: ./fake}}}\n",
        "test.env": "A=1\n",
        ".env": "WORD=one\n",
        "tests/deep/test_a.py": "assert True\n",
        "conf/c.txt": "c",
        "conf/s.txt": "s",
        "fake/Dockerfile": "FROM scratch\nCOPY a /\n",
        "fake/.dockerignore": "notes\n",
        "fake/a": "a",
        "fake/notes": "n",
        "README.md": "unread",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with shop.variables(shop.environment(testbed)):
        yield folder


def definition(folder: Path, **keys: object) -> str:
    return definition_of(find_client(), folder, ImageTest.model_validate(keys))


CHANGES = {
    "docker-compose-test.yml": ("/tests", "/test"),
    "base.yml": ("pytest", "unittest"),
    "more.yml": ("fake: {build", "other: {build"),
    "test.env": ("1", "2"),
    ".env": ("one", "two"),
    "tests/deep/test_a.py": ("True", "1"),
    "conf/c.txt": ("c", "x"),
    "conf/s.txt": ("s", "x"),
    "fake/a": ("a", "b"),
    "fake/Dockerfile": ("COPY", "ADD"),
    "fake/.dockerignore": ("notes", ""),
}
"""What is changed in each file that is read: (before, after)."""


def test_all_that_the_tests_read_decides_what_was_tested(checkout: Path, tmp_path: Path) -> None:
    before = definition(checkout)
    (checkout / "README.md").write_text("changed")
    (checkout / "fake" / "notes").write_text("changed")
    moved = checkout.rename(tmp_path / "elsewhere")
    assert definition(moved) == before == definition(moved, timeout=7)
    for name, (old, new) in CHANGES.items():
        text = (moved / name).read_text()
        (moved / name).write_text(text.replace(old, new))
        assert definition(moved) != before, name
        (moved / name).write_text(text)
    (moved / "tests" / "new.py").write_text("")
    assert definition(moved) != before
    (moved / "tests" / "new.py").unlink()
    (moved / "tests" / "deep" / "test_a.py").chmod(0o755)
    assert definition(moved) != before
    (moved / "tests" / "deep" / "test_a.py").chmod(0o644)
    assert definition(moved) == before
    for keys in ({"environment": {"WORD": "x"}}, {"junit": None}, {"allow_empty": True}):
        assert definition(moved, **keys) != before


OUTSIDE: dict[str, str] = {
    "a folder of the machine": "services: {tests: {image: '${IMAGE}', volumes: ['/etc:/x']}}",
    "a link out of the repository": "services: {tests: {image: '${IMAGE}', volumes: ['./out:/x']}}",
    "an external volume": "services: {tests: {image: '${IMAGE}', volumes: ['data:/x']}}\nvolumes: {data: {external: true}}",
    "a remote context": "services: {tests: {image: '${IMAGE}'}, x: {build: 'https://example.org/x.git'}}",
    "another container": "services: {tests: {image: '${IMAGE}', network_mode: 'container:db'}}",
    "an external network": "services: {tests: {image: '${IMAGE}', networks: [other]}}\nnetworks: {other: {external: true}}",
    "a value of the environment": "services: {tests: {image: '${IMAGE}', secrets: [word]}}\nsecrets: {word: {environment: HOME}}",
    "a missing context": "services: {tests: {image: '${IMAGE}'}, x: {build: ./nowhere}}",
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_what_lies_outside_is_never_proved(checkout: Path, what: str) -> None:
    (checkout / "out").symlink_to("/etc")
    (checkout / "docker-compose-test.yml").write_text(OUTSIDE[what])
    with pytest.raises(Unprovable):
        definition(checkout)
