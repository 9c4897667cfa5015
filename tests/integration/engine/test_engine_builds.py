"""Builds by the Docker Engine of this machine: labels, arguments, secrets, and what a tree's hash covers."""

import hashlib
import subprocess
import uuid
from pathlib import Path

import pytest

from pipeline_defs.config.build import Build
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.docker_engine import Engine
from pipeline_defs.resources.tree_hash import source_tree
from tests.integration.engine.small_tests import (
    LABELS,
)
from tests.testbed import docker
from tests.testbed.images import BASE


def test_a_build_is_labelled_heard_live_and_the_same_the_second_time(
    docker_engine: Engine, checkout: Path, tag: str
) -> None:
    lines: list[str] = []
    identity = docker_engine.build(checkout, tag, Build(), labels=LABELS, listen=lines.append)
    assert identity.startswith("sha256:")
    assert any("COPY hello.txt" in line for line in lines)
    assert (
        docker.docker("inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.version"}}', tag)
        == "1.2.3"
    )
    assert docker_engine.build(checkout, tag, Build(), labels=LABELS) == identity
    assert docker_engine.has(tag)
    assert docker_engine.has(identity)
    docker_engine.remove(tag)
    assert not docker_engine.has(tag)


def test_arguments_target_and_dockerfile_are_used(docker_engine: Engine, checkout: Path, tag: str) -> None:
    (checkout / "app").mkdir()
    (checkout / "app" / "Other").write_text(
        f'FROM {BASE.name} AS first\nARG WORD\nLABEL word="$WORD"\nFROM first AS second\nLABEL second=yes\n'
    )
    build = Build(dockerfile="app/Other", context="app", arguments={"WORD": "$(id) 'q' --x"}, target="first")
    docker_engine.build(checkout, tag, build, labels=LABELS)
    labels = docker.docker("inspect", "--format", "{{json .Config.Labels}}", tag)
    assert "$(id) 'q' --x" in labels
    assert "second" not in labels


@pytest.mark.parametrize(
    ("instruction", "sentence"),
    [
        (
            "RUN echo one && echo two && exit 7",
            r"Dockerfile failed at \[2/2\] RUN echo one .*: one \| two \| .*exit code: 7",
        ),
        ("COPY missing.txt /", r"Dockerfile failed at \[2/2\] COPY missing.txt /: .*missing.txt.* not found"),
        ("NONSENSE here", "Dockerfile cannot be built: .*unknown instruction: NONSENSE"),
        ("FROM 127.0.0.1:1/no/such:image", "Dockerfile cannot be built: .*127.0.0.1:1"),
    ],
)
def test_a_dockerfile_that_fails_names_its_step(
    docker_engine: Engine, checkout: Path, tag: str, instruction: str, sentence: str
) -> None:
    (checkout / "Dockerfile").write_text(f"FROM {BASE.name}\n{instruction}\n")
    with pytest.raises(EngineError, match=sentence) as caught:
        docker_engine.build(checkout, tag, Build(), labels=LABELS)
    assert "\n" not in str(caught.value)


def test_a_build_that_takes_too_long_is_stopped(docker_engine: Engine, checkout: Path, tag: str) -> None:
    (checkout / "Dockerfile").write_text(f"FROM {BASE.name}\nRUN sleep 600 # {uuid.uuid4()}\n")
    with pytest.raises(EngineError, match=r"the build did not end within 3 s \(build.timeout\) and was stopped"):
        docker_engine.build(checkout, tag, Build(timeout=3), labels=LABELS)


IGNORE = """\ufeff# comment
  version.txt
/docs/
**/*.log
!keep.log
*/temp*
notes?.md
!notes1.md
build/**
!build/kept/**
**/cache
README.MD
[ab].txt
nothing/../gone.txt
"""
FILES = (
    "version.txt", "docs/a.md", "x.log", "keep.log", "a/x.log", "a/keep.log", "a/temp1", "temp1", "a/b/temp1", "notes1.md",
    "notes2.md", "notes10.md", "build/x", "build/kept/y", "cache/z", "a/cache/z", "a/cachet/z", "README.md", "a.txt", "c.txt",
    "gone.txt", "A.txt", "sub/version.txt", "sub/docs/a.md", "# comment",
)  # fmt: skip


def test_the_tree_hash_covers_exactly_what_buildkit_copies(
    docker_engine: Engine, checkout: Path, tag: str, tmp_path: Path
) -> None:
    (checkout / "Dockerfile").write_text("FROM scratch\nCOPY . /context/\n")
    (checkout / ".dockerignore").write_text(IGNORE)
    for name in FILES:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("x")
    docker_engine.build(checkout, tag, Build(), labels=LABELS)
    container = docker.docker("create", tag, "none")
    docker.docker("cp", f"{container}:/context", str(tmp_path / "seen"))
    docker.docker("rm", container)
    seen = {name for name in FILES if (tmp_path / "seen" / name).exists()}
    hashed = set()
    before = source_tree(checkout, Build())
    for name in FILES:
        (checkout / name).write_text("y")
        if source_tree(checkout, Build()) != before:
            hashed.add(name)
        (checkout / name).write_text("x")
    assert hashed == seen
    assert 0 < len(seen) < len(FILES)


def test_a_build_gets_its_secrets_and_leaves_them_nowhere(
    docker_engine: Engine, checkout: Path, tag: str, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "Dockerfile").write_text(
        f"FROM {BASE.name}\nRUN --mount=type=secret,id=token --mount=type=secret,id=other "
        f"echo {tag} && cat /run/secrets/token && sha256sum /run/secrets/token >/sum\n"
    )
    monkeypatch.setenv("BUILD_TOKEN", "t0ken-of-the-build")
    build = Build.model_validate({"secrets": {"token": {"env": "BUILD_TOKEN"}}})
    lines: list[str] = []
    docker_engine.build(checkout, tag, build, labels=LABELS, listen=lines.append)
    assert any("***" in line for line in lines)
    assert not any("t0ken" in line for line in lines)
    wanted = hashlib.sha256(b"t0ken-of-the-build").hexdigest()
    assert docker.docker("run", "--rm", tag, "cat", "/sum").split()[0] == wanted
    assert "t0ken" not in docker.docker("history", "--no-trunc", tag) + docker.docker("inspect", tag)
    assert list((workspace / "builds").glob("[!.]*")) == []


def test_a_build_may_use_an_ssh_key(
    docker_engine: Engine, checkout: Path, tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "Dockerfile").write_text(f'FROM {BASE.name}\nRUN --mount=type=ssh test -S "$SSH_AUTH_SOCK"\n')
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    build = Build.model_validate({"ssh": {"default": {"file": str(key)}}})
    docker_engine.build(checkout, tag, build, labels=LABELS)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(EngineError, match="none runs for Shipline"):
        docker_engine.build(checkout, tag, Build.model_validate({"ssh": "default"}), labels=LABELS)
