"""Names with all in them that a shell, a table or a chat would obey: nothing is executed, nothing breaks, no tag is invalid."""

import random
import subprocess
from pathlib import Path

from tests.support.hostile_names import branches, invalid_tags, mistaken, texts

COUNT = 300


def test_names_reach_a_program_as_they_are(tmp_path: Path) -> None:
    assert mistaken(texts(COUNT, random.Random(1)), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_git_takes_the_branches(tmp_path: Path) -> None:
    names = branches(40, random.Random(1))
    assert len(names) > 30
    for name in names:
        assert subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"]).returncode == 0, name


def test_no_name_makes_an_invalid_tag_or_breaks_what_is_told() -> None:
    assert [found for name in texts(COUNT, random.Random(2)) for found in invalid_tags(name)] == []
