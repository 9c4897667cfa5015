"""Several images under real runs: each is built for its own tree alone, tests see all of them, and they are one release."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config.build import Build, ImageTest, Lint
from pipeline_defs.config.images import ImageBuild
from pipeline_defs.config.stage import Stage
from pipeline_defs.lineage.events import CHECKED, SKIPPED, part_key
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.records import Image
from pipeline_defs.release.run_tags import THEN
from pipeline_defs.release.tags import PREVIOUS_UP, tree_tag
from pipeline_defs.resources.attestation import attested
from pipeline_defs.resources.docker_engine import EngineResource
from pipeline_defs.resources.isolation import NAMES
from pipeline_defs.resources.published_images import published_set
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_resource import RegistryResource
from tests.integration.tiny import IMAGE, PRODUCTION, STAGING, Tiny, shipped
from tests.support.shop import git
from tests.testbed.bed import TestBed
from tests.testbed.images import BASE

# The web's container looks at itself, and the worker's says its name through a volume.
COMPOSE = """
services:
  worker: {image: "${IMAGE_WORKER}", command: [cp, /name, /shared/worker], volumes: ["shared:/shared"]}
  tests:
    image: "${IMAGE_WEB}"
    command: [sh, -c, "cat /name /shared/worker; test -f /name.web && grep -q worker /shared/worker && [ $$SAME = yes ]"]
    environment: {SAME: "${IMAGE:+yes}"}
    volumes: ["shared:/shared"]
    depends_on: {worker: {condition: service_completed_successfully}}
volumes: {shared: {}}
"""


@pytest.fixture
def tiny(testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    with shipped(testbed, tmp_path, monkeypatch) as made:
        images = {name: ImageBuild(context=name, dockerfile=f"{name}/Dockerfile") for name in ("web", "worker")}
        made.change(images=images, test=ImageTest(junit=None))
        yield made
        engine = EngineResource(workspace=str(tmp_path / "workspace")).find()
        found = {each for image in made.images for each in image.images}
        engine.remove(*(f"{each.repository}:{tree_tag(each.tree)}" for each in found))


def commit(tiny: Tiny, version: str, web: str, worker: str) -> dict[str, str]:
    """A commit whose images hold these words."""
    files = {"docker-compose-test.yml": COMPOSE, "version.txt": version, "tiny.yml": "services: {}\n"}
    for name, word in (("web", web), ("worker", worker)):
        (tiny.repository / name).mkdir(exist_ok=True)
        files[f"{name}/Dockerfile"] = f"FROM {BASE.name}\nCOPY name /name\nCOPY name /name.{name}\n"
        files[f"{name}/name"] = f"{name} {word}\n"
    for path, text in files.items():
        (tiny.repository / path).write_text(text)
    git(tiny.repository, "add", "--all")
    git(tiny.repository, "commit", "--quiet", "-m", version)
    return {"commit": git(tiny.repository, "rev-parse", "HEAD"), "branch": "main"}


def told(tiny: Tiny, run: str, op: str) -> dict[str, str]:
    """What an op said beside its output."""
    for entry in tiny.instance.all_logs(run, of_type=dg.DagsterEventType.STEP_OUTPUT):
        event = entry.dagster_event
        if event is not None and event.node_name == op:
            return {name: str(each.value) for name, each in event.step_output_data.metadata.items()}
    raise AssertionError(f"{op} has no output")


def _followers(tiny: Tiny) -> list[str]:
    """Programs of the tests that are still there."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it may have ended
            found.append(file.read_text(errors="replace"))
    return [words for words in found if str(tiny.repository.parent / "workspace") in words and "--follow" in words]


def registry(tiny: Tiny) -> Registry:
    return RegistryResource().of(tiny.app)


def named(image: Image) -> dict[str, ReleasedImage]:
    return {each.name: each for each in image.images}


def test_each_image_is_built_for_its_own_tree_and_all_are_one_release(tiny: Tiny) -> None:
    there = registry(tiny)
    first_run = tiny.run("deploy", tiny_image=commit(tiny, "1.0.0", "a", "a"))
    assert told(tiny, first_run, "tiny_build")["built"] == "web, worker"
    [first] = tiny.images
    assert [step.outcome for step in first.steps] == ["done"] * 4, "the tests ran, and saw both"
    assert _followers(tiny) == [], "nothing goes on listening to the worker that has ended"
    assert first.digest == there.digest_of("1.0.0") == there.digest_of("latest") != first.images[0].digest
    for each in first.images:
        beside = there.beside(each.repository)
        assert {beside.digest_of(tag) for tag in ("1.0.0", "latest", tree_tag(each.tree))} == {each.digest}
        assert attested(beside, first.model_copy(update={"digest": each.digest, "repository": each.repository}))
    assert published_set(there, first.digest, first.images) == first.images
    assert tiny.live is not None and tiny.live.digest == first.digest
    assert tiny.live.references == tuple(each.reference for each in first.images)

    second_run = tiny.run("deploy", tiny_image=commit(tiny, "1.1.0", "a", "b"))
    second, before = tiny.images[0], named(first)
    assert told(tiny, second_run, "tiny_build")["built"] == "worker"
    assert named(second)["web"].digest == before["web"].digest
    assert named(second)["worker"].digest != before["worker"].digest
    assert second.digest != first.digest
    assert named(second)["web"].built_from == first.commit and named(second)["worker"].built_from == second.commit
    assert {there.digest_of(PREVIOUS_UP), there.digest_of("1.0.0")} == {first.digest}
    for each in first.images:
        assert there.beside(each.repository).digest_of(PREVIOUS_UP) == each.digest, "what ran before is a set, too"
    used = tiny.used(second_run)
    assert used["tiny_image"] == used["tiny_production"] == second.digest
    assert {used[f"tiny_image_{each.name}"] == each.digest for each in second.images} == {True}
    made = tiny.instance.get_latest_materialization_event(part_key("tiny", "web"))
    assert made is not None and made.asset_materialization is not None
    assert made.asset_materialization.tags is not None
    assert made.asset_materialization.tags["dagster/data_version"] == named(second)["web"].digest

    git(tiny.repository, "commit", "--quiet", "--allow-empty", "-m", "nothing")
    again = {"commit": git(tiny.repository, "rev-parse", "HEAD"), "branch": "main"}
    third_run = tiny.run("deploy", IMAGE, tiny_image=again)
    assert told(tiny, third_run, "tiny_build") == {SKIPPED: "built before"}
    assert told(tiny, third_run, "tiny_test")[SKIPPED].startswith("tested before")
    assert (tiny.images[0].digest, tiny.images[0].built_from) == (second.digest, second.commit)


def test_a_version_is_never_given_to_another_set_and_a_set_that_was_cut_short_is_made_whole(tiny: Tiny) -> None:
    there = registry(tiny)
    tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.0", "a", "a"))
    [made] = tiny.images
    wanted = commit(tiny, "1.0.0", "a", "b")
    tried = tiny.tried("deploy", IMAGE, tiny_image=wanted)
    assert not tried.success and len(tiny.images) == 1
    # A run that was killed after the first image was pushed has left its tag alone: the next one builds the other, and makes the set.
    broken = commit(tiny, "1.1.0", "c", "c")
    (tiny.repository / "worker" / "Dockerfile").write_text("FROM nowhere.invalid/nothing\n")
    git(tiny.repository, "add", "--all")
    git(tiny.repository, "commit", "--quiet", "-m", "broken")
    head = {"commit": git(tiny.repository, "rev-parse", "HEAD"), "branch": "main"}
    failed = tiny.tried("deploy", IMAGE, tiny_image=head)
    assert not failed.success
    assert there.digest_of("1.1.0") is None and len(tiny.images) == 1, "one image alone is no release"
    run = tiny.run("deploy", IMAGE, tiny_image=broken)
    assert told(tiny, run, "tiny_build")["built"] == "worker", "the image that was built is not built again"
    assert there.digest_of("1.1.0") == tiny.images[0].digest
    assert made.digest == there.digest_of("1.0.0")


def test_a_rehearsal_is_about_the_set(tiny: Tiny) -> None:
    tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.0", "a", "a"))
    tiny.run("stage", STAGING, tiny_staging={"version": "1.0.0"})
    run = tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.0.0"})
    assert tiny.used(run)["tiny_staging"] == tiny.images[0].digest
    assert tiny.deployed[run] == tiny.images[0].digest


def test_from_one_image_to_several_and_back(tiny: Tiny) -> None:
    several = tiny.app.images
    wanted = commit(tiny, "1.0.0", "a", "a")
    tiny.change(images={}, build=Build(context="web", dockerfile="web/Dockerfile"), test=None)
    tiny.run("deploy", tiny_image=wanted)
    assert tiny.live is not None and tiny.live.images == ()
    tiny.change(images=several, build=Build(), test=ImageTest(junit=None))
    tiny.run("deploy", tiny_image=commit(tiny, "1.1.0", "a", "a"))
    assert len(tiny.live.images) == 2
    first = registry(tiny)
    assert first.digest_of(PREVIOUS_UP) == first.digest_of("1.0.0") != first.digest_of("1.1.0")


def test_all_images_of_a_pull_request_are_checked_and_kept_for_its_rehearsal_alone(tiny: Tiny) -> None:
    tiny.change(stage=Stage(pulls="rehearse"), lint=Lint())
    tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.0", "a", "a"))
    before = tiny.images
    head = commit(tiny, "1.1.0", "b", "b")
    run = tiny.run("deploy", IMAGE, tags={THEN: "stage"}, tiny_image={**head, "pull": 7, "untrusted": True})
    [made] = facts_of_run(tiny.instance, run, IMAGE, CHECKED, Image)
    assert [step.outcome for step in made.steps if step.step == "test"] == ["done"]
    there = registry(tiny)
    assert made.tags == ("pr-7",) and made.digest == there.digest_of("pr-7")
    assert [there.beside(each.repository).digest_of("pr-7") for each in made.images] == [
        each.digest for each in made.images
    ]
    assert tiny.images == before and there.digest_of("1.1.0") is None
    engine = EngineResource(workspace=str(tiny.repository.parent / "workspace")).find()
    left = engine.client.run(
        "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={NAMES}/*/*"
    )
    assert run not in left.stdout + engine.client.run("image", "ls", f"{NAMES}/tiny").stdout
