"""What the documentation shows as printed is what the commands print, in a home like that of its reader."""

from dataclasses import replace
from pathlib import Path

from tests.docs.printed import calls, difference


def test_another_output_is_noticed(tmp_path: Path) -> None:
    version = next(call for call in calls() if call.command == "shipline version")
    assert difference(replace(version, prints="9.9.9"), tmp_path) == version.prints
