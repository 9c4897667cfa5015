"""Builders, for real: Engines of other machines, reached over SSH, which build for this one."""

import os
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline_defs.config import Secret
from pipeline_defs.config.build import Build
from pipeline_defs.config.builder import Builder
from pipeline_defs.config.socket_parent import socket_parent
from pipeline_defs.doctor.finding import Level
from pipeline_defs.doctor.host_checks import server as looked_at
from pipeline_defs.resources.builders import BuilderEngine, builder_of
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.isolation import Isolation
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_login import Credentials
from pipeline_defs.resources.tree_hash import source_tree
from tests.integration.tiny import IMAGE, Tiny
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.checkout import ID
from tests.testbed.images import BASE
from tests.testbed.server import Server
from tests.testbed.waiting import holds_within

LABELS = {"shipline.checkout": ID}
SERVERS = tuple[Server, Server]


@pytest.fixture(scope="module")
def servers(two_servers: SERVERS) -> SERVERS:
    """Two machines that have the base image of these builds."""
    for server in two_servers:
        server.load(BASE.name)
    return two_servers


@pytest.fixture
def builders(testbed: TestBed, servers: SERVERS) -> tuple[Builder, ...]:
    """The two machines as an app's file names them."""
    return tuple(
        Builder(address=each.host, port=each.ssh_port, key=testbed.key, known_hosts=testbed.known_hosts)
        for each in servers
    )


@pytest.fixture(autouse=True)
def own_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sockets of this test alone: other Shiplines of this user have theirs beside them."""
    with tempfile.TemporaryDirectory(dir=socket_parent()) as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture
def here(testbed: TestBed, tmp_path: Path) -> Engine:
    """This machine's Engine."""
    return Engine.find(tmp_path / "workspace")


@pytest.fixture
def tags() -> Iterator[Callable[[], str]]:
    """Names for images of this test, which are removed afterwards."""
    names: list[str] = []

    def tag() -> str:
        names.append(f"shipline-test-{uuid.uuid4().hex[:12]}")
        return names[-1]

    yield tag
    docker.docker("rmi", "--force", *names, check=False)


def checkout(folder: Path, *instructions: str) -> Path:
    """An app of a few files."""
    folder.mkdir()
    (folder / "Dockerfile").write_text("\n".join([f"FROM {BASE.name}", *instructions, ""]))
    (folder / "hello.txt").write_text(f"hello {uuid.uuid4()}\n")
    return folder


def left_there(server: Server) -> str:
    """Names of images of builds, and what programs of them run."""
    images = server.exec("docker", "image", "ls", "--format", "{{.Repository}}")
    return "".join(name for name in images.split() if name.startswith("shipline-builder"))


def nobody_left(workspace: Path) -> bool:
    sockets = socket_parent() / f"shipline-{os.getuid()}"
    assert sockets.is_dir()
    folders = [sockets, *(workspace / name for name in ("builds", "logins"))]
    return not [path for folder in folders for path in folder.glob("[!.]*") if path.is_dir()]


def refusal(here: Engine, build: Build) -> str:
    """The sentence with which no builder is had."""
    with pytest.raises(EngineError) as caught, builder_of(here, build, lambda line: None):
        pass
    return str(caught.value)


def test_a_run_builds_on_a_builder_and_ships_the_very_same_image(
    tiny: Tiny, servers: SERVERS, builders: tuple[Builder, ...]
) -> None:
    tiny.commit("1.0.0", "one")
    tiny.change(build=tiny.app.build.model_copy(update={"builders": builders[:1], "cache": "registry"}))
    run = tiny.run("deploy", IMAGE)
    said = [entry.user_message for entry in tiny.instance.all_logs(run)]
    assert f"building on {builders[0]}" in said
    local = f"{tiny.app.image}:tree-{source_tree(tiny.repository, tiny.app.build)[:32]}"
    digests = docker.docker("inspect", "--format", "{{.RepoDigests}}", local)
    assert tiny.digest_of(run) in digests
    assert left_there(servers[0]) == ""


def test_builds_of_two_apps_at_once_are_spread_over_both(
    here: Engine, servers: SERVERS, builders: tuple[Builder, ...], tmp_path: Path, tags: Callable[[], str]
) -> None:
    together = threading.Barrier(2, timeout=120)
    build = Build(builders=builders, timeout=300)

    def made(number: int) -> tuple[Builder, str, str]:
        folder, tag = checkout(tmp_path / f"app{number}", "COPY hello.txt /"), tags()
        with builder_of(here, build, lambda line: None) as engine:
            assert isinstance(engine, BuilderEngine)
            together.wait()
            identity = engine.build(folder, tag, build, labels=LABELS)
            together.wait()
            return engine.builder, identity, docker.docker("image", "inspect", "--format", "{{.Id}}", tag).strip()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(made, (1, 2))
    assert {one[0], other[0]} == set(builders)
    assert one[1] == one[2] and other[1] == other[2] and one[1] != other[1]
    assert [left_there(each) for each in servers] == ["", ""]
    assert nobody_left(here.workspace)


def test_who_finds_all_at_work_waits_for_the_first_that_is_free(here: Engine, builders: tuple[Builder, ...]) -> None:
    build = Build(builders=builders, timeout=300)
    waits, told, said = threading.Event(), [], list[str]()

    def say(line: str) -> None:
        said.append(line)
        waits.set()

    def third() -> Builder:
        with builder_of(here, build, say) as engine:
            assert isinstance(engine, BuilderEngine)
            return engine.builder

    with ThreadPoolExecutor(1) as pool, builder_of(here, build, told.append) as first:
        assert isinstance(first, BuilderEngine)
        with builder_of(here, build, told.append) as second:
            assert isinstance(second, BuilderEngine)
            waiting = pool.submit(third)
            assert waits.wait(120)
            assert said == [f"waiting for a builder: {builders[0]}, {builders[1]} are at work"]
        assert waiting.result(120) == second.builder != first.builder

    busy = build.model_copy(update={"builders": builders[:1], "timeout": 1})
    with builder_of(here, busy, told.append):
        assert refusal(here, busy).startswith("no builder was free for 1 s (build.timeout)")


def test_a_second_builder_takes_from_the_registry_what_the_first_has_built(
    here: Engine, testbed: TestBed, builders: tuple[Builder, ...], tmp_path: Path, tags: Callable[[], str]
) -> None:
    word = uuid.uuid4().hex
    folder = checkout(tmp_path / "app", f"RUN echo {word} >/word", "COPY hello.txt /")
    credentials = Credentials(testbed.registry.user, Secret(testbed.registry.password))
    registry = Registry(f"{testbed.registry.address}/test/{word}", credentials)

    def built(builder: Builder) -> tuple[str, str]:
        build, lines = Build(builders=(builder,), cache="registry", timeout=300), list[str]()
        name = tags()
        with builder_of(here, build, lines.append) as engine, engine.cached(registry) as (more, environment):
            engine.build(
                folder, name, build, labels=LABELS, listen=lines.append, more=more, environment=environment
            )  # fmt: skip
        return name, "\n".join(lines)

    def cached(step: int, said: str) -> bool:
        """A layer that comes from the registry is unpacked where the image store is containerd's, and is cached all the same."""
        # A step's title comes again where lines of another step came between its own.
        [number] = {line.split()[0] for line in said.splitlines() if f" [{step}/3] " in line}
        return any(line == f"{number} CACHED" or line.startswith(f"{number} extracting ") for line in said.splitlines())

    name, said = built(builders[0])
    assert not cached(2, said) and not cached(3, said)
    here.push(name, registry, "staging_dev")
    (folder / "hello.txt").write_text("changed\n")
    _, said = built(builders[1])
    assert cached(2, said) and not cached(3, said), said
    docker.docker("rmi", f"{registry.repository}:staging_dev", check=False)


def test_code_of_a_fork_is_built_there_too_and_nothing_of_it_stays(
    tiny: Tiny, here: Engine, servers: SERVERS, builders: tuple[Builder, ...], tmp_path: Path
) -> None:
    app = tiny.app.model_copy(update={"build": Build(builders=builders[:1])})
    folder = checkout(tmp_path / "fork", "RUN echo a fork", "COPY hello.txt /")
    lines: list[str] = []
    with builder_of(here, app.build, lines.append) as engine:
        Isolation(engine, app, "run-1").build(folder, labels=LABELS, listen=lines.append)
    assert lines[0] == f"building on {builders[0]}"
    built = Isolation(here, app, "run-1")
    assert built.left_behind() == ["run-1"] and here.has(built.image)
    built.remove()
    assert built.left_behind() == [] and left_there(servers[0]) == ""
    assert nobody_left(here.workspace)


def test_a_connection_that_is_cut_fails_the_build_and_leaves_nothing(
    here: Engine, servers: SERVERS, builders: tuple[Builder, ...], tmp_path: Path, tags: Callable[[], str]
) -> None:
    mark = f"6{uuid.uuid4().int % 10**6:06}"
    folder = checkout(tmp_path / "app", f"RUN echo begun; sleep {mark}")

    def cut(line: str) -> None:
        if line.endswith("begun"):
            servers[0].exec("pkill", "-KILL", "-f", "sshd(-session)?: root", check=False)

    with (
        pytest.raises(EngineError) as caught,
        builder_of(here, Build(builders=builders[:1]), lambda line: None) as engine,
    ):
        engine.build(folder, tags(), Build(timeout=300), labels=LABELS, listen=cut)
    assert str(caught.value) == (
        f"the connection to the builder {builders[0]} was lost while it built; see whether it runs, and start the run again"
    )
    gone = ["sh", "-c", f"! pgrep -f 'slee[p] {mark}' && ! pgrep -f 'dial-stdi[o]' && echo gone"]
    assert holds_within(60, lambda: "gone" in servers[0].exec(*gone, check=False))
    assert left_there(servers[0]) == "" and nobody_left(here.workspace)
    with builder_of(here, Build(builders=builders[:1]), lambda line: None):
        pass  # its turn is free again


def test_a_builder_that_is_not_reached_is_passed_over_and_none_at_all_is_one_sentence(
    here: Engine, builders: tuple[Builder, ...], tmp_path: Path
) -> None:
    away = builders[0].model_copy(update={"port": 1})
    stranger = builders[0].model_copy(update={"known_hosts": tmp_path / "none"})
    said: list[str] = []
    with builder_of(here, Build(builders=(away, builders[1])), said.append) as engine:
        assert isinstance(engine, BuilderEngine) and engine.builder == builders[1]
    assert said[0].startswith(
        f"the builder {away} is passed over: the server {away} cannot be reached (Connection refused)"
    )
    assert said[1:] == [f"building on {builders[1]}"]
    assert refusal(here, Build(builders=(away,))).startswith(
        f"no builder can be used: the server {away} cannot be reached"
    )
    assert "no builder can be used: the host key of" in refusal(here, Build(builders=(stranger,)))


def test_a_doctor_looks_at_a_builder_and_asks_of_it_no_more_than_builds_need(builders: tuple[Builder, ...]) -> None:
    found = list(looked_at(builders[0], (), builds=True))
    assert {each.what: each.level for each in found} == {
        "host key": Level.OK, "SSH": Level.OK, "Docker Engine": Level.OK, "disk": Level.OK, "clock": Level.OK,
    }  # fmt: skip


def test_an_engine_that_does_not_answer_is_one_sentence(
    here: Engine, servers: SERVERS, builders: tuple[Builder, ...]
) -> None:
    servers[1].exec("mv", "/var/run/docker.sock", "/var/run/docker.sock.away")
    try:
        assert f"no builder can be used: the Docker Engine of {builders[1]} does not answer" in refusal(
            here, Build(builders=builders[1:])
        )
    finally:
        servers[1].exec("mv", "/var/run/docker.sock.away", "/var/run/docker.sock")
