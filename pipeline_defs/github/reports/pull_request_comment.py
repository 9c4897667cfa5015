"""Pull request comment: how things stand with a pull request, in its one comment. Pure."""

from collections.abc import Callable, Iterator, Sequence

from pipeline_defs.config import App
from pipeline_defs.github.reports.commit_statuses import ERROR, FAILURE, PENDING, SUCCESS, of_stage
from pipeline_defs.github.reports.rehearsal_section import rehearsed
from pipeline_defs.github.reports.report_items import Comment
from pipeline_defs.lineage.runs.run_facts import RunFacts
from pipeline_defs.release.markdown import code, link, plain

MOST_FAILURES = 10
"""Failed tests that are named."""

_SIGNS = {SUCCESS: "✅", PENDING: "⏳", FAILURE: "❌", ERROR: "⚠️"}


def comment(app: App, runs: Sequence[RunFacts], address: Callable[[str], str]) -> Comment:
    """The comment about all runs for the head of a pull request, oldest first.

    Args:
        address: the address of a run's page, empty where nobody knows it.
    """
    told = [(run, stage, *of_stage(app, run, stage)) for run in runs for stage in run.stages]
    states = {state for _, _, state, _ in told}
    how = "is running" if PENDING in states else "failed" if states - {SUCCESS} else "passed"
    version = next((run.image.version for run in reversed(runs) if run.image), "")
    lines = [
        f"### {app.name} {version}".rstrip() + f": {runs[-1].head[:12]} {how}",
        "",
        "| stage | | |",
        "|---|---|---|",
        *(f"| {link(stage, address(run.run))} | {_SIGNS[state]} | {plain(text)} |" for run, stage, state, text in told),
        *_failed_tests(runs),
        *_image(runs),
        *rehearsed(runs),
    ]
    return Comment(runs[-1].pull, f"shipline:{app.name}", "\n".join(lines))


def _failed_tests(runs: Sequence[RunFacts]) -> Iterator[str]:
    """The first tests that failed, with what they said."""
    failed = [each for run in runs if run.tests for each in run.tests.failed]
    if failed:
        yield from ("", "Failed tests:", "")
        yield from (
            f"- {code(each.name)}: {code(each.message or 'it said nothing')}" for each in failed[:MOST_FAILURES]
        )
        if len(failed) > MOST_FAILURES:
            yield f"- and {len(failed) - MOST_FAILURES} more"


def _image(runs: Sequence[RunFacts]) -> Iterator[str]:
    image = next((run.image for run in reversed(runs) if run.image), None)
    if image is not None:
        tags = f", tagged {', '.join(map(code, image.tags))}" if image.tags else ""
        names = ", ".join(code(each.reference) for each in image.each)
        yield from ("", f"Image{'s' if image.images else ''}: {names}{tags}")
