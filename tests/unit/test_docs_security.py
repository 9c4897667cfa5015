"""docs/security.md and docs/reliability.md name the test of each line, and the tests are there."""

import re

from pipeline_defs.config.home import PROJECT

PAGE, FAULTS = ((PROJECT / "docs" / name).read_text() for name in ("security.md", "reliability.md"))


def test_each_test_that_is_named_exists() -> None:
    files = [path.read_text() for path in (PROJECT / "tests").rglob("test_*.py")]
    defined = {name for text in files for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}
    named = set(re.findall(r"`(test_\w+)`", PAGE + FAULTS))
    assert named
    assert not named - defined


def test_each_line_about_an_attack_names_a_test() -> None:
    rows = [row for row in PAGE.splitlines() if row.startswith("| ")]
    attacks = [row for row in rows if row.count("|") == 5 and not row.startswith("| who |")]
    assert attacks
    assert [row for row in attacks if "`test_" not in row.split("|")[4]] == []
