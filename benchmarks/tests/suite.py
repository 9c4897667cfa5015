"""The suite: a make target of the tests, executed as a person does, with its seconds and how its tests ended."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from junitparser import JUnitXml, TestSuite

from benchmarks.parts import Failed
from pipeline_defs.config.home import PROJECT

_OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PARTS")
"""What `make bench-tests` gives its own programs: the make that is measured starts without."""


@dataclass(frozen=True)
class Ran:
    """How the tests went: seconds from the command to its end, how many there were, and the names of those that failed."""

    seconds: float
    tests: int
    failed: tuple[str, ...]


def make(target: str) -> Ran:
    """Execute a target of the Makefile that runs tests. Raises Failed when it ends without having run them."""
    with tempfile.TemporaryDirectory(prefix="shipline-tests-") as folder:
        results = Path(folder) / "results.xml"
        began = time.monotonic()
        ended = execute(["make", target, f"ARGS=--junitxml={results}"], {})
        seconds = time.monotonic() - began
        if not results.exists():
            raise Failed(f"make {target} ended with status {ended} before its tests ran")
        return Ran(seconds, *_results(results))


def execute(words: list[str], more: Mapping[str, str], folder: Path = PROJECT) -> int:
    """Execute a program in the checkout, with what it says on standard error; gives its exit status."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    return subprocess.run(words, cwd=folder, env={**environment, **more}, stdout=sys.stderr, check=False).returncode


def _results(file: Path) -> tuple[int, tuple[str, ...]]:
    suites = JUnitXml.fromfile(str(file))
    cases = [case for suite in suites if isinstance(suite, TestSuite) for case in suite]
    return len(cases), tuple(f"{case.classname}.{case.name}" for case in cases if case.is_failure or case.is_error)
