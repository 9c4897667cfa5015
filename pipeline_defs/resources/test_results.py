"""Results: the files in which a test run leaves its counts."""

from pathlib import Path

from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.release.junit import ResultsError, read_junit

LARGEST = 16 * 2**20
"""Bytes. A larger file is refused: a test's output does not belong into memory."""


def read_junit_file(folder: Path, name: str, most: int = LARGEST) -> TestCounts:
    """The counts of a results file that a container wrote. Raises ResultsError, also when it is a link to elsewhere."""
    path = (folder / name).resolve()
    try:
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise ResultsError(f"the tests wrote no results file {name}")
        with path.open("rb") as file:  # it may still grow
            content = file.read(most + 1)
        if len(content) > most:
            raise ResultsError(f"the results file {name} is larger than {most // 2**20} MiB")
        return read_junit(content, name)
    except OSError as error:
        raise ResultsError(f"the results file {name} cannot be read ({error.strerror})") from error
