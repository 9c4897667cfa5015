"""Rehearsal section: what the rehearsal of a pull request's release proved, as a section of its comment. Pure."""

from collections.abc import Iterator, Sequence

from pipeline_defs.config.pull_preview import USER
from pipeline_defs.lineage.runs.run_facts import RunFacts
from pipeline_defs.release.markdown import code, plain
from pipeline_defs.release.migrations import led
from pipeline_defs.release.records import Outcome, Preview, Rehearsal


def rehearsed(runs: Sequence[RunFacts]) -> Iterator[str]:
    """The lines of the section for the newest rehearsal of these runs, oldest first; none before it has ended."""
    row = next((run.rehearsal for run in reversed(runs) if run.rehearsal is not None), None)
    if row is None or row.outcome is Outcome.STARTED:
        return
    yield from ("", "#### Rehearsal", "", "| | |", "|---|---|")
    yield from (f"| {name} | {plain(text)} |" for name, text in _lines(row).items() if text)
    if row.way_back is not None and row.way_back.reason:
        yield from ("", f"The verdict is no better because of: {code(row.way_back.reason)}")
    if row.preview is not None:
        yield from _preview(row.preview)


def _preview(preview: Preview) -> Iterator[str]:
    """Where it is. What people log in with is nothing for a page that anybody may read."""
    if not preview.address:
        yield from ("", f"No preview stays up: {code(preview.lacks)}")
        return
    yield from ("", f"Preview: {preview.address} (until {preview.until}, or until this is closed)", "")
    yield f"Log in as {code(USER)} with the password that the app's file names under {code('stage.preview.password')}."


def _lines(row: Rehearsal) -> dict[str, str]:
    each = f" ({'; '.join(map(str, row.migrations))})" if len(row.migrations) > 1 else ""
    led_to = led(row.revision_before, row.revision, row.migrations)
    return {
        "rehearsed by": f"run {row.reused[:8]}, before the merge" if row.reused else "",
        "tests": str(row.tests or ""),
        "e2e": str(row.e2e or ""),
        "migrations": f"{led_to}{each}" if led_to else "",
        "copy of the database": str(row.copied or ""),
        "verdict": row.way_back.brief if row.way_back else "",
    }
