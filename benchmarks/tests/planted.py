"""Planted: faults put into the code one at a time, in a copy of the checkout; `make test` has to find each of them.

PARTS=faults FAULTS="3 7" plants these alone, counted from 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

import yaml
from pydantic import BaseModel, ConfigDict

from benchmarks.parts import Failed, Tell
from benchmarks.tests.figures import Figures
from benchmarks.tests.suite import execute
from pipeline_defs.config.home import PROJECT

_DATA = Path(__file__).parent / "faults.yaml"
_NO_TESTS = (2, 3, 4, 5)
"""How pytest ends when it could not run the tests at all."""


class Fault(BaseModel):
    """A text of a file, and what stands in its place when the fault is planted.

    Attributes:
        what: is wrong then.
        file: below `pipeline_defs`. `old` stands in it once.
        tests: files or tests that may find it; only these are run, those marked `thorough` left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def faults() -> list[Fault]:
    """All of them, in the order of their file."""
    return [Fault.model_validate(each) for each in yaml.safe_load(_DATA.read_text())]


def measure(tell: Tell) -> Figures:
    """`faults_planted` and `faults_found`. Raises Failed when one does not fit the code any more, or tests fail without any."""
    listed = faults()
    numbers = [int(each) for each in os.environ.get("FAULTS", "").split()] or range(1, len(listed) + 1)
    found = 0
    with _copy() as copy:
        for number in numbers:
            fault = listed[number - 1]
            is_found = _finds(copy, fault)
            found += is_found
            tell(f"fault {number}, {fault.file}, {fault.what}: {'found' if is_found else 'NOT FOUND'}")
    return {"faults_planted": len(numbers), "faults_found": found}


def with_fault(text: str, fault: Fault) -> str:
    """The file's text with the fault in it. Whole lines may be indented there. Raises Failed when it is not in there once."""
    for spaces in range(0, 40, 4) if fault.old.endswith("\n") else (None,):
        old, new = (_lines(each, spaces) for each in (fault.old, fault.new))
        if text.count(old) == 1:
            return text.replace(old, new)
    raise Failed(f"{fault.file} does not have once what the fault {fault.what!r} is planted in; mend faults.yaml")


def _lines(text: str, spaces: int | None) -> str:
    return text if spaces is None else "\n" + indent(text, " " * spaces)


@contextmanager
def _copy() -> Iterator[Path]:
    """What git knows of the checkout, as it is now, in a folder that is gone afterwards."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory(prefix="shipline-faults-") as name:
        for file in filter(None, listed.split("\0")):
            if (PROJECT / file).is_file():
                (Path(name) / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / file, Path(name) / file)
        yield Path(name)


def _finds(copy: Path, fault: Fault) -> bool:
    """Whether one of the fault's tests fails while it is in the copy."""
    file = copy / "pipeline_defs" / fault.file
    text = file.read_text()
    file.write_text(with_fault(text, fault))
    try:
        words = ["-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:cacheprovider", "-m", "not thorough", *fault.tests]
        status = execute([sys.executable, *words], {"PYTHONPATH": str(copy)}, copy)
    finally:
        file.write_text(text)
    if status in _NO_TESTS:
        raise Failed(f"the tests for the fault {fault.what!r} could not be run: status {status}")
    return status != 0
