"""Housekeeping, for real: mirrors, images, BuildKit's cache and runs' output, with limits that are small."""

import json
import os
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterInstance

from pipeline_defs.config.build import Build
from pipeline_defs.config.builder import Builder
from pipeline_defs.config.value_types import KIB, MIB
from pipeline_defs.orchestration.jobs import housekeeping_job
from pipeline_defs.orchestration.run_output_cleanup import remove_old_output
from pipeline_defs.resources.builders import answering, builder_of
from pipeline_defs.resources.disk_space import NoDiskSpace, free_space, require_space
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.image_pruning import prune_cache, prune_images
from tests.integration.tiny import IMAGE, Tiny
from tests.support.shop import git
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID

LIMITS = "log: 1 MiB\nworkspace: {workspace}\nimages: {images}\ncache: 900 TiB\ndays: 1\n"
"""The machine's own cache is others' too, so that no test prunes it."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test alone."""
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def unused(mirror: Path, hours: int) -> None:
    """As if nobody had used it for so long."""
    then = time.time() - 3600 * hours
    os.utime(mirror.with_suffix(".lock"), (then, then))


def mirrors(workspace: Path) -> list[Path]:
    return sorted((workspace / "mirrors").glob("*.git"))


def repository(folder: Path) -> Path:
    """One with a megabyte that nothing makes smaller."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "file").write_bytes(os.urandom(MIB))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def test_mirrors_go_in_the_order_of_their_last_use_and_come_again(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    sources = [Source(str(repository(tmp_path / name)), workspace) for name in ("one", "two", "three")]
    commits = [each.resolve("main") for each in sources]
    for source, commit in zip(sources, commits, strict=True):
        with source.checkout(commit):
            pass
    one, three, two = mirrors(workspace)
    for mirror, hours in ((one, 2), (two, 5), (three, 3)):
        unused(mirror, hours)
    said = list(free_space(workspace, 3 * MIB))
    assert mirrors(workspace) == [one, three]
    assert re.fullmatch(r"removed the mirror two-\w+.git, 1.\d MiB; the next run fetches it anew", said[0])
    assert list(free_space(workspace, 3 * MIB)) == [] and len(said) == 1
    with sources[1].checkout(commits[1]) as checkout:
        assert (checkout / "file").stat().st_size == MIB
    said = list(free_space(workspace, KIB))
    assert [line.partition("-")[0] for line in said] == ["removed the mirror three", "removed the mirror one"]
    assert mirrors(workspace) == [two], "the one that was used just now stays"
    with pytest.raises(
        NoDiskSpace, match=r"workspace takes up 1.\d MiB of the 1.0 KiB that it may have, and all of it is in"
    ):
        list(require_space(workspace, KIB))


def test_a_run_is_refused_before_anything_where_the_workspace_is_full_of_what_is_in_use(tiny: Tiny, home: Path) -> None:
    (home / "limits.yaml").write_text("workspace: 16 KiB\n")
    tiny.commit("1.0.0", "one")
    tiny.run("deploy", IMAGE)
    workspace = tiny.repository.parent / "workspace"
    tiny.commit("1.1.0", "two")
    assert "takes up" in tiny.failure("deploy", IMAGE)
    assert len(tiny.images) == 1
    unused(mirrors(workspace)[0], 2)
    tiny.run("deploy", IMAGE)
    assert [image.version for image in tiny.images] == ["1.1.0", "1.0.0"]


@pytest.fixture
def named() -> Iterator[str]:
    """A name for images of this test, which are removed afterwards."""
    name = f"127.0.0.1:1/test/{uuid.uuid4().hex[:12]}"
    yield name
    for tag in docker.docker("image", "ls", "--format", "{{.Tag}}", name).split():
        docker.docker("rmi", f"{name}:{tag}", check=False)


def test_images_of_builds_go_in_the_order_of_their_making(testbed: TestBed, tmp_path: Path, named: str) -> None:
    engine = Engine.find(tmp_path / "workspace")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY file /\n")
    for tag in ("tree-1", "tree-2", "kept", "tree-3"):
        (tmp_path / "file").write_bytes(os.urandom(MIB))
        labels = {"shipline.checkout": ID, "at": datetime.now(UTC).isoformat()}
        engine.build(tmp_path, f"{named}:{tag}", Build(), labels=labels)
        time.sleep(1)  # the Engine tells the time of making in whole seconds
    # With containerd's image store an image takes up its layers twice, compressed and unpacked.
    each = 2 * MIB if "io.containerd.snapshotter" in docker.docker("info", "--format", "{{.DriverStatus}}") else MIB
    said = list(prune_images(engine.client, [named], 5 * each // 2))
    assert [line.partition(",")[0] for line in said] == [f"removed the image {named}:tree-1"]
    left = docker.docker("image", "ls", "--format", "{{.Tag}}", named).split()
    assert sorted(left) == ["kept", "tree-2", "tree-3"]
    assert list(prune_images(engine.client, ["127.0.0.1:1/test/other"], 1)) == []


def test_buildkits_cache_is_pruned_to_its_limit(testbed: TestBed, tmp_path: Path) -> None:
    [server, *_] = testbed.servers
    builder = Builder(
        address=server.host, port=server.ssh_port, key=testbed.key, known_hosts=testbed.known_hosts
    )  # fmt: skip
    here = Engine.find(tmp_path / "workspace")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY file /\n")
    name = f"shipline-test-{uuid.uuid4().hex[:12]}"
    build = Build(builders=(builder,))
    for _ in range(4):
        (tmp_path / "file").write_bytes(os.urandom(MIB))
        with builder_of(here, build, lambda line: None) as engine:
            engine.build(tmp_path, name, build, labels={"shipline.checkout": ID})
    docker.docker("rmi", "--force", name, check=False)

    def kept() -> float:
        cache = json.loads(server.exec("docker", "system", "df", "-v", "--format", "{{json .BuildCache}}"))
        return sum(float(each["Size"].rstrip("kMGB")) for each in cache if each["Size"].endswith("MB"))

    assert kept() >= 4
    with answering(here, builder) as (client, _):
        assert prune_cache(client, 2 * MIB) != "0B"
        assert kept() <= 2.2
        assert prune_cache(client, 2 * MIB) == "0B"


def lines(instance: DagsterInstance, run: str) -> list[str]:
    """What the run's log says that is no event of Dagster's."""
    return [entry.user_message for entry in instance.all_logs(run) if entry.dagster_event is None]


def test_what_old_runs_have_said_goes_and_what_happened_stays(tiny: Tiny) -> None:
    tiny.commit("1.0.0", "one")
    run = tiny.run("deploy", IMAGE)
    assert lines(tiny.instance, run)
    made, events = tiny.images, len(tiny.instance.all_logs(run)) - len(lines(tiny.instance, run))
    now = datetime.now(UTC)
    assert remove_old_output(tiny.instance, now - timedelta(days=1)) == 0
    assert lines(tiny.instance, run)
    assert remove_old_output(tiny.instance, now + timedelta(seconds=5)) == 1
    assert lines(tiny.instance, run) == []
    assert tiny.images == made and len(tiny.instance.all_logs(run)) == events
    assert remove_old_output(tiny.instance, now + timedelta(seconds=9)) == 0


def test_the_job_says_what_it_removed_and_leaves_alone_what_runs(tiny: Tiny, home: Path) -> None:
    (home / "limits.yaml").write_text(LIMITS.format(workspace="1 KiB", images="1 B"))
    tiny.commit("1.0.0", "one")
    tiny.run("deploy", IMAGE)
    workspace = tiny.repository.parent / "workspace"
    job = housekeeping_job([tiny.app])

    def kept() -> list[str]:
        ended = job.execute_in_process(resources=tiny.resources, instance=tiny.instance)
        assert ended.success
        return lines(tiny.instance, ended.run_id)

    busy = tiny.instance.create_run_for_job(job, tags={"app": "tiny"}, status=dg.DagsterRunStatus.STARTED)
    assert not [line for line in kept() if line.startswith("removed")]
    tiny.instance.report_run_failed(busy)
    unused(mirrors(workspace)[0], 2)
    said = kept()
    assert said[0].startswith("raw output of 0 runs from before ")
    assert [line.partition(",")[0].rpartition("-")[0] for line in said[1:3]] == [
        "removed the mirror tiny",
        f"removed the image {tiny.app.image}:tree",
    ]
    assert said[3:] == ["BuildKit's cache on this machine: 0B removed"]
    assert mirrors(workspace) == []
