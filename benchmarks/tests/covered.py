"""Covered: the share of the branches in `pipeline_defs/` that tests run, processes that they start included."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.parts import Failed, Tell
from benchmarks.tests.figures import COVERAGE_BEFORE, Figures
from benchmarks.tests.suite import execute

_RC = Path(__file__).parent / "coverage.ini"


def measure(tell: Tell) -> Figures:
    """`coverage` by what `make test` runs, `coverage_all` with what only `make test-all` runs besides, and `coverage_before`."""
    if execute([sys.executable, "-m", "tests.testbed", "prepare"], {}):
        raise Failed("the images of the test bed could not be made")
    with tempfile.TemporaryDirectory(prefix="shipline-coverage-") as name:
        folder = Path(name)
        usual = _covered(folder, "not thorough", tell)
        everything = _covered(folder, "thorough", tell)
    return {"coverage": usual, "coverage_all": everything, "coverage_before": COVERAGE_BEFORE}


def _covered(folder: Path, marked: str, tell: Tell) -> float:
    """Percent that is covered in the folder after these tests, too. A test that fails covers what it reached."""
    pytest = [
        "-m",
        "pytest",
        "-q",
        "-n",
        "logical",
        "--maxprocesses",
        "4",
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ]
    _coverage(folder, "run", *pytest, "-m", marked)
    _coverage(folder, "combine", "--quiet", "--append")
    report = folder / "report.json"
    _coverage(folder, "json", "--quiet", "-o", str(report))
    percent = round(float(json.loads(report.read_text())["totals"]["percent_covered"]), 2)
    tell(f"{marked}: {percent} % of lines and branches so far")
    return percent


def _coverage(folder: Path, command: str, *words: str) -> None:
    program = [sys.executable, "-m", "coverage", command, f"--rcfile={_RC}", *words]
    status = execute(program, {"SHIPLINE_COVERAGE": str(folder)})
    if status not in _fine(command):
        raise Failed(f"coverage {command} ended with status {status}")


def _fine(command: str) -> Sequence[int]:
    return (0, 1) if command == "run" else (0,)
