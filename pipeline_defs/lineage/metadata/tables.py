"""Tables: evidence as Markdown for the UI."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from pipeline_defs.release.evidence import StepTiming, TestCounts
from pipeline_defs.release.markdown import one_line

Metadata = dict[str, dg.MetadataValue[Any]]

_LONGEST_CELL = 300
_LONGEST_REASON = 2000  # of what is there to be read, and is not one of many


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table. A column whose name ends with `:` is aligned to the right, as numbers are."""
    names = [column.removesuffix(":") for column in columns]
    marks = ["---:" if column.endswith(":") else "---" for column in columns]
    lines = [[cell(str(each)) for each in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (names, marks, *lines))


def pairs(lines: Mapping[str, str]) -> str:
    """A Markdown table of names and what is known under them; what is empty is left out."""
    rows = [[name, cell(text, _LONGEST_REASON)] for name, text in lines.items() if text]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


def cell(text: str, longest: int = _LONGEST_CELL) -> str:
    """One line that cannot break out of a table's cell or its code marks, without what cannot be seen."""
    return one_line(text, longest).replace("|", "\\|").replace("`", "'")


def texts(lines: Mapping[str, str]) -> Metadata:
    """Entries for the texts that are not empty."""
    return {name: dg.MetadataValue.text(text) for name, text in lines.items() if text}


def numbers(found: Mapping[str, float | None]) -> Metadata:
    """Entries that Dagster draws over time; what is not known is left out."""
    return {name: dg.MetadataValue.float(float(value)) for name, value in found.items() if value is not None}


def steps_table(steps: Sequence[StepTiming]) -> Metadata:
    """The entry for the steps, if there are any."""
    rows = [(step.step, f"{step.seconds:.1f}", step.outcome) for step in steps]
    return {"steps": dg.MetadataValue.md(table(("step", "seconds:", "outcome"), rows))} if rows else {}


def tests_table(counts: TestCounts) -> str:
    """What a test run counted, and the tests that failed with what they said."""
    good = counts.tests - counts.failures - counts.errors - counts.skipped
    row = (good, counts.failures, counts.errors, counts.skipped, f"{counts.seconds:.1f}")
    failed = [f"- `{cell(each.name)}`: {cell(each.message)}" for each in counts.failed]
    counted = table(("passed:", "failed:", "broken:", "skipped:", "seconds:"), [row])
    return "\n".join([counted, *([""] if failed else []), *failed])


def tests(name: str, counts: TestCounts | None) -> Metadata:
    """The entry for a test run, if there was one."""
    return {} if counts is None else {name: dg.MetadataValue.md(tests_table(counts))}
