"""What the documentation shows as printed is what the commands print, in a home like that of its reader."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.docs.printed import calls, difference, furnish


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of somebody who follows the pages; the calls are made in their order."""
    folder = tmp_path_factory.mktemp("reader")
    furnish(folder)
    yield folder


def test_another_output_is_noticed(reader: Path) -> None:
    version = next(call for call in calls() if call.command == "shipline version")
    assert difference(replace(version, prints="9.9.9"), reader) == version.prints
