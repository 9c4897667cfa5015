"""Printed: sessions of the documentation, executed as they are shown, in a home like that of somebody who follows the pages."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline_defs.config.home import PROJECT
from tests.docs.pages import Block, blocks

_HOME = "/home/you"
"""What the pages show as the reader's home."""

_SAMPLE = PROJECT / "examples" / "shop"
_LEFT_BEHIND = re.compile(r"__pycache__|\..*_cache|\.hypothesis")
"""Folders that programs leave in the sample app where somebody works on it."""


@dataclass(frozen=True)
class Call:
    """A command of a session, and what the page says it prints."""

    block: Block
    command: str
    prints: str

    def __str__(self) -> str:
        return f"{self.block}: {self.command}"


def calls() -> list[Call]:
    """All calls in blocks of the language `console`: a line after `$ `, and the lines that follow it."""
    return [
        Call(block, command, prints.strip("\n"))
        for block in blocks("console")
        for command, prints in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n?)*)", block.text, re.MULTILINE)
    ]


def furnish(folder: Path) -> None:
    """Make a reader's home there: a clone of the blog, with both branches, and an empty home for Shipline."""
    repository = folder / "src" / "blog"
    for file in _SAMPLE.rglob("*"):
        path = file.relative_to(_SAMPLE)
        if file.is_file() and not any(_LEFT_BEHIND.fullmatch(part) for part in path.parts):
            copy = repository / _blog(str(path))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(_blog(file.read_text()))
    git = ["git", "-C", str(repository), "-c", "user.name=You", "-c", "user.email=you@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["commit", "-q", "-m", "The blog"],
        ["branch", "development"],
        ["remote", "add", "origin", "git@git.example.org:team/blog.git"],
    ):
        subprocess.run([*git, *words], check=True, env={**os.environ, "HOME": str(folder)})
    (folder / "shipline-home" / "apps").mkdir(parents=True)


def difference(call: Call, folder: Path) -> str | None:
    """What the command printed in that home, where it is not what the page shows; None where it is."""
    environment = {
        "HOME": str(folder),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "SHIPLINE_HOME": f"{folder}/shipline-home",
        "SHIPLINE_APPS": f"{folder}/shipline-home/apps",
        "LC_ALL": "C.UTF-8",
        "DOCKER_HOST": f"unix://{folder}/docker.sock",  # no Engine is needed on the machine that one types them on
    }
    done = subprocess.run(["sh", "-c", call.command], cwd=folder, env=environment, capture_output=True, text=True)
    said = "\n".join(line.rstrip() for line in f"{done.stdout}{done.stderr}".splitlines())
    printed = said.replace(str(folder), _HOME).strip("\n")
    return None if printed == call.prints else printed


def _blog(text: str) -> str:
    return text.replace("shop", "blog").replace("SHOP", "BLOG").replace("Shop", "Blog")
