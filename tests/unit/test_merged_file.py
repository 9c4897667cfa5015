"""The merged compose file of a task, by a real shell: it is kept, read again, and forgotten when the release's folder is written anew."""

import subprocess
from pathlib import Path

import pytest

from pipeline_defs.server.compose.merged_file import FORGET_MERGED_FILE, MERGED_FILE

MERGED = """\
name: shop
services:
  db:
    command: |
      image: not/this
    image: "postgres:17"
  web:
    build:
      context: /src
    image: registry.example.org/shop@sha256:0123
networks:
  default:
    image: nor/this
"""

_PROGRAM = f"""
settings=$1
called() {{ echo "called $*"; }}
{MERGED_FILE}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The release's folder."""
    made = tmp_path / "releases" / "1.0.0"
    made.mkdir(parents=True)
    return made


def run(text: str, folder: Path, *, task: str = "task-1") -> str:
    variables = {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder.parents[1])} | ({"SHIPLINE_TASK": task} if task else {})
    words = ["sh", "-euc", _PROGRAM + text, "test", str(folder / "shipline.settings")]
    return subprocess.run(words, env=variables, check=True, capture_output=True, text=True).stdout


def keep(folder: Path, content: str = MERGED, *, task: str = "task-1") -> None:
    made = folder.parents[1] / "made.yml"
    made.write_text(content)
    run(f"keep {made}", folder, task=task)


def test_what_is_kept_is_read_by_the_same_task_alone(folder: Path) -> None:
    keep(folder)
    assert run("rendered called", folder) == MERGED
    assert run("rendered called", folder, task="task-2") == "called config\n"
    assert run("rendered called", folder.with_name("1.1.0")) == "called config\n"


def test_outside_of_a_task_nothing_is_kept(folder: Path) -> None:
    keep(folder, task="")
    assert run("rendered called", folder, task="") == "called config\n"
    assert not (folder.parents[1] / "merged").exists()


def test_images_are_those_of_services(folder: Path) -> None:
    assert run("images called", folder) == "called config --images\n"
    keep(folder)
    assert run("images called", folder).splitlines() == ["postgres:17", "registry.example.org/shop@sha256:0123"]


def test_where_no_image_is_found_compose_is_asked(folder: Path) -> None:
    keep(folder, "services:\n    web:\n        image: indented/otherwise\n")
    assert run("images called", folder) == "called config --images\n"


def test_a_folder_that_is_written_anew_is_rendered_anew(folder: Path) -> None:
    keep(folder)
    run(f"folder=$(dirname $1)\n{FORGET_MERGED_FILE}", folder)
    assert run("rendered called", folder) == "called config\n"
