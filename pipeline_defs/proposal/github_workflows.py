"""GitHub workflows: what a repository's GitHub workflows do that Shipline would do too."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_LINTERS = ("ruff", "flake8", "pylint", "mypy", "eslint", "golangci-lint", "rubocop")
_IMAGE = re.compile(r"([a-z0-9][a-z0-9.-]*\.[a-z0-9.-]+(?::\d+)?/[a-z0-9._/-]+?)(?::[\w.-]+)?")


@dataclass(frozen=True)
class Workflows:
    """The workflows' files, the first lint command in them, and the first image that they push."""

    files: tuple[str, ...]
    lint: str | None
    image: str | None


def read_workflows(root: Path, files: list[str]) -> Workflows:
    """Read the workflows. A file that cannot be read is named, and says nothing."""
    steps = [step for path in files for step in _steps(root / path)]
    return Workflows(tuple(files), next(_lints(steps), None), next(_images(steps), None))


def _steps(file: Path) -> Iterator[dict[Any, Any]]:
    try:
        data = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return
    jobs = data.get("jobs") if isinstance(data, dict) else None
    for job in jobs.values() if isinstance(jobs, dict) else ():
        steps = job.get("steps") if isinstance(job, dict) else None
        yield from (step for step in steps or () if isinstance(step, dict))


def _lints(steps: list[dict[Any, Any]]) -> Iterator[str]:
    """Commands of one line that begin with a linter's name and need no shell; Shipline runs them without one."""
    for step in steps:
        for line in str(step.get("run") or "").splitlines():
            if re.search(r"[$|&;<>`*]", line):
                continue
            try:
                words = shlex.split(line)
            except ValueError:
                continue
            program = words[2:] if words[:2] in (["python", "-m"], ["uv", "run"], ["poetry", "run"]) else words
            if program and program[0] in _LINTERS:
                yield shlex.join(words)


def _images(steps: list[dict[Any, Any]]) -> Iterator[str]:
    """What docker/build-push-action and docker/metadata-action are given, where it is written out."""
    for step in steps:
        given = step.get("with")
        said = [given.get(key) for key in ("images", "tags")] if isinstance(given, dict) else []
        for lines in said:
            for line in str(lines or "").replace(",", "\n").splitlines():
                if found := _IMAGE.fullmatch(line.strip()):
                    yield found[1]
