"""The same tree has the same hash, and whatever a build would see differently changes it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config.build import Build
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.tree_hash import source_code, source_tree

DOCKERFILE = "FROM scratch\nCOPY . /\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small repository whose version does not belong to the image."""
    folder = tmp_path / "checkout"
    (folder / "app").mkdir(parents=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / ".dockerignore").write_text("# not for the image\nversion.txt\n**/*.pyc\n!app/keep.pyc\n.dockerignore\n")
    (folder / "version.txt").write_text("1.0.0\n")
    (folder / "app" / "main.py").write_text("print('hello')\n")
    (folder / "app" / "main.pyc").write_text("compiled")
    (folder / "app" / "keep.pyc").write_text("compiled")
    (folder / "link").symlink_to("app/main.py")
    return folder


def test_a_copy_is_the_same_tree_whatever_its_times_and_place(checkout: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(checkout, tmp_path / "copy", symlinks=True)
    for file in copy.rglob("*"):
        os.utime(file, (1, 1), follow_symlinks=False)
    assert source_tree(copy, Build()) == source_tree(checkout, Build())


UNSEEN: dict[str, Callable[[Path], object]] = {
    "an ignored file's content": lambda tree: (tree / "version.txt").write_text("2.0.0\n"),
    "an ignored file's absence": lambda tree: (tree / "app" / "main.pyc").unlink(),
    "another ignored file": lambda tree: (tree / "app" / "other.pyc").write_text("x"),
    "an unused permission": lambda tree: (tree / "app" / "main.py").chmod(0o664),
}

SEEN: dict[str, Callable[[Path], object]] = {
    "content": lambda tree: (tree / "app" / "main.py").write_text("print('bye')\n"),
    "a new file": lambda tree: (tree / "app" / "new.py").write_text(""),
    "a file that was taken back in": lambda tree: (tree / "app" / "keep.pyc").write_text("other"),
    "a file's name": lambda tree: (tree / "app" / "main.py").rename(tree / "app" / "Main.py"),
    "the executable bit": lambda tree: (tree / "app" / "main.py").chmod(0o755),
    "a link's target": lambda tree: ((tree / "link").unlink(), (tree / "link").symlink_to("app")),
    "a link made a file": lambda tree: ((tree / "link").unlink(), (tree / "link").write_text("print('hello')\n")),
    "the Dockerfile": lambda tree: (tree / "Dockerfile").write_text(f"{DOCKERFILE}USER nobody\n"),
    "what is ignored": lambda tree: (tree / ".dockerignore").write_text("app\n"),
    "a folder": lambda tree: (tree / "empty").mkdir(),
    "a file that only resembles an ignored one": lambda tree: (tree / "Version.txt").write_text("x"),
}


@pytest.mark.parametrize("change", UNSEEN)
def test_what_the_build_does_not_see_changes_nothing(checkout: Path, change: str) -> None:
    before = source_tree(checkout, Build())
    UNSEEN[change](checkout)
    assert source_tree(checkout, Build()) == before


@pytest.mark.parametrize("change", SEEN)
def test_what_the_build_sees_changes_the_tree(checkout: Path, change: str) -> None:
    before = source_tree(checkout, Build())
    SEEN[change](checkout)
    assert source_tree(checkout, Build()) != before


def test_arguments_target_and_platform_belong_to_the_tree(checkout: Path) -> None:
    builds = [
        Build(),
        Build(arguments={"A": "1"}),
        Build(arguments={"A": "2"}),
        Build(arguments={"A": "1", "B": "2"}),
        Build(target="final"),
        Build(platforms=("linux/arm64",)),
        Build(context="app"),
    ]
    assert len({source_tree(checkout, build) for build in builds}) == len(builds)
    assert source_tree(checkout, Build(arguments={"B": "2", "A": "1"})) == source_tree(checkout, builds[3])


def test_the_dockerfiles_own_ignore_file_goes_first(checkout: Path) -> None:
    (checkout / "Dockerfile.dockerignore").write_text("app\n*ignore\nversion.txt\n")
    before = source_tree(checkout, Build())
    (checkout / "app" / "main.py").write_text("print('bye')\n")
    assert source_tree(checkout, Build()) == before


names = st.text(st.sampled_from("abAB.-_ü "), min_size=1, max_size=6).filter(lambda name: name.strip(". ") != "")


@given(st.dictionaries(names, st.binary(max_size=8), max_size=6), st.data())
def test_any_changed_byte_is_another_tree(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    before = source_tree(folder, Build())
    assert source_tree(folder, Build()) == before
    for name, content in files.items():
        (folder / name).write_bytes(content + data.draw(st.binary(min_size=1, max_size=3)))
        assert source_tree(folder, Build()) != before
        (folder / name).write_bytes(content)
    assert source_tree(folder, Build()) == before


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (Build(dockerfile="Nope"), "build.dockerfile names Nope, which is not in the repository at this commit"),
        (Build(context="Dockerfile"), "build.context names Dockerfile, which is not in the repository at this commit"),
        (Build(context="out"), "build.context (out) leads out of the repository; name a path inside it"),
        (Build(dockerfile="passwd"), "build.dockerfile (passwd) leads out of the repository; name a path inside it"),
    ],
)
def test_paths_stay_inside_the_checkout(checkout: Path, build: Build, sentence: str) -> None:
    (checkout / "out").symlink_to("..")
    (checkout / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(EngineError) as caught:
        source_tree(checkout, build)
    assert str(caught.value) == sentence


def test_the_code_is_the_tree_without_its_configuration(checkout: Path) -> None:
    (checkout / "live.yml").write_text("services: {}\n")
    before, code = source_tree(checkout, Build()), source_code(checkout, Build(), {"live.yml", "missing.yml"})
    (checkout / "live.yml").write_text("services: {web: {}}\n")
    assert source_tree(checkout, Build()) != before
    assert source_code(checkout, Build(), {"live.yml", "missing.yml"}) == code
    (checkout / "app" / "main.py").write_text("print('bye')\n")
    assert source_code(checkout, Build(), {"live.yml", "missing.yml"}) != code


def test_configuration_that_the_dockerfile_names_is_a_part_of_the_image(checkout: Path) -> None:
    (checkout / "live.yml").write_text("services: {}\n")
    (checkout / "Dockerfile").write_text(DOCKERFILE + "COPY live.yml /etc/live.yml\n")
    assert source_code(checkout, Build(), {"live.yml"}) == source_tree(checkout, Build())


def test_configuration_is_looked_for_where_the_build_is(checkout: Path) -> None:
    (checkout / "app" / "live.yml").write_text("services: {}\n")
    build = Build(context="app")
    code = source_code(checkout, build, {"app/live.yml", "live.yml"})
    (checkout / "app" / "live.yml").unlink()
    assert source_tree(checkout, build) == code
