"""The comment, the notes and the words: what they say, and that text from outside stays text."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.github.api import CommitFact, Comparison, Pull
from pipeline_defs.github.reports.pull_request_comment import MOST_FAILURES, comment
from pipeline_defs.github.reports.release_notes import published, words
from pipeline_defs.github.reports.shipped_changes import Shipped
from pipeline_defs.lineage.runs.run_facts import IMAGE_STAGES, STAGE, Ending, Phase, RunFacts, Step
from pipeline_defs.release.evidence import Copy, Failure, Migration, TestCounts, Verdict, WayBack
from pipeline_defs.release.markdown import code, plain
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Rehearsal
from pipeline_defs.release.request import Job
from tests.unit import sample

HEAD = "a" * 40
DONE = Step(100.0, 102.5, Ending.SUCCEEDED)
TAGS = {"change": "pull:shop:12", "head": HEAD, "pull_request": "12"}


def run(phase: Phase, steps: dict[str, Step], **more: Any) -> RunFacts:
    """A run for a pull request."""
    known: dict[str, Any] = {"job": Job.INTEGRATE, "stages": IMAGE_STAGES, **more}
    return RunFacts(run="run-1", phase=phase, tags=TAGS, steps=steps, **known)


def body(*runs: RunFacts) -> str:
    """The comment about these runs."""
    return comment(sample.example(), runs, lambda run: f"https://shipline.example.org/runs/{run}").body


def pull(number: int, title: str) -> Pull:
    """A merged pull request."""
    return Pull(
        number=number,
        title=title,
        head=HEAD,
        head_branch="fix",
        base="main",
        draft=False,
        state="closed",
        merged=True,
        merge_commit="b" * 40,
        fork=False,
        author="dora",
        body="",
        labels=(),
        updated_at="",
        url="",
    )


def shipped(**more: Any) -> Shipped:
    """1.4.2 in production, where 1.4.1 ran before."""
    row = Deployment(
        id="20260131T120000Z-1a2b3c4d",
        kind=DeploymentKind.DEPLOY,
        release=sample.release(),
        environment="production",
        outcome=Outcome.SUCCEEDED,
        started="2026-01-31T12:00:00+00:00",
        previous=sample.release("1.4.1", commit="b" * 40),
    )
    commits = (CommitFact("c" * 40, "ada", "Quick fix"),)
    known: dict[str, Any] = {"comparison": Comparison("ahead", commits, 60), "direct": commits, **more}
    return Shipped(row, pulls=((pull(12, "Keep the cart"), (7, 8)), (pull(13, "Other"), (7,))), **known)


def test_the_comment_has_a_row_for_each_stage_of_all_runs() -> None:
    first = run(Phase.SUCCEEDED, dict.fromkeys(IMAGE_STAGES, DONE))
    text = body(first, run(Phase.RUNNING, {STAGE: Step(1.0)}, job=Job.STAGE, stages=(STAGE,)))
    assert text.startswith("### shop: aaaaaaaaaaaa is running")
    assert "| [lint](https://shipline.example.org/runs/run-1) | ✅ | passed in 2.5 s |" in text
    assert "| ⏳ | running |" in text


def test_the_comment_names_the_first_tests_that_failed() -> None:
    failed = tuple(Failure(name=f"test_{number}", message="1 != 2") for number in range(MOST_FAILURES + 3))
    counts = TestCounts(tests=20, failures=len(failed), failed=failed)
    text = body(run(Phase.FAILED, {"test": Step(1.0, 2.0, Ending.FAILED, "the tests failed")}, tests=counts))
    assert "failed" in text.splitlines()[0]
    assert "- `test_0`: `1 != 2`" in text
    assert f"- and {len(failed) - MOST_FAILURES} more" in text


def rehearsal(**more: Any) -> Rehearsal:
    """A rehearsal of 1.4.2 with all the evidence there can be."""
    known: dict[str, Any] = {
        "id": "20260131T120000Z-1a2b3c4d",
        "release": sample.release(),
        "environment": "staging",
        "outcome": Outcome.SUCCEEDED,
        "started": "2026-01-31T12:00:00+00:00",
        "seconds": 30.5,
        "tests": TestCounts(tests=12, seconds=3.1),
        "e2e": TestCounts(tests=9, seconds=1.2),
        "revision_before": "0002",
        "revision": "0004",
        "migrations": (
            Migration(before="0002", after="0003", seconds=1),
            Migration(before="0003", after="0004", seconds=0.5),
        ),
        "copied": Copy(bytes=2**30, dump_bytes=2**20, tables=3, rows=1200, restore_seconds=8.5),
        "way_back": WayBack(
            verdict=Verdict.NEEDS_DOWNGRADE, version="1.4.1", digest="d", revision="0002", reason="it `broke` | @all"
        ),
        **more,
    }
    return Rehearsal(**known)


def staged(row: Rehearsal) -> RunFacts:
    """The run of a rehearsal."""
    return run(Phase.SUCCEEDED, {STAGE: DONE}, job=Job.STAGE, stages=(STAGE,), rehearsal=row)


def test_the_comment_has_a_section_about_the_rehearsal() -> None:
    text = body(run(Phase.SUCCEEDED, dict.fromkeys(IMAGE_STAGES, DONE)), staged(rehearsal()))
    assert text.partition("#### Rehearsal\n\n")[2].splitlines() == [
        "| | |",
        "|---|---|",
        "| tests | 12 passed in 3.1 s |",
        "| e2e | 9 passed in 1.2 s |",
        "| migrations | 0002 -&gt; 0004 in 1.5 s (0002 -&gt; 0003: 1.0 s; 0003 -&gt; 0004: 0.5 s) |",
        "| copy of the database | 1,200 rows in 3 tables, database 1.0 GiB, dump 1.0 MiB, restored in 8.5 s |",
        "| verdict | way back to 1.4.1: needs downgrade to 0002 |",
        "",
        "The verdict is no better because of: `it 'broke' ¦ @all`",
    ]
    assert "4.2 rehearsed in 30.5 s: 12 passed in 3.1 s; way back to 1.4.1: needs downgrade to 0002 |" in text


def test_a_rehearsal_that_runs_or_knows_little_has_a_short_section_or_none() -> None:
    assert "Rehearsal" not in body(staged(rehearsal(outcome=Outcome.STARTED)))
    bare = {"tests": None, "e2e": None, "revision": None, "migrations": (), "copied": None, "way_back": None}
    failed = body(staged(rehearsal(outcome=Outcome.FAILED, **{**bare, "tests": TestCounts(tests=2, failures=1)})))
    assert failed.partition("#### Rehearsal\n\n")[2].splitlines()[2:] == ["| tests | 1 passed, 1 failed in 0.0 s |"]


def test_the_notes_say_what_is_new_since_the_deployment_before() -> None:
    notes = published(sample.example(), shipped())
    assert (notes.tag, notes.sha, notes.name) == ("v1.4.2", sample.release().commit, "shop 1.4.2")
    assert notes.body.startswith(f"Since 1.4.1 (commit {'b' * 40}), which ran in production before.")
    assert "- Keep the cart (#12) by dora, fixes #7, #8" in notes.body
    assert f"- {'c' * 40} Quick fix (ada)" in notes.body
    assert "The range has 10 more commits." in notes.body
    assert f"Image: `{sample.release().reference}`" in notes.body


def test_the_notes_of_a_range_that_is_gone_say_so() -> None:
    gone = published(sample.example(), Shipped(shipped().row))
    assert "cannot be compared" in gone.body
    first = Shipped(shipped().row.model_copy(update={"previous": None}))
    assert published(sample.example(), first).body.startswith("The first deployment to production.")


def test_each_of_those_concerned_is_told_once() -> None:
    told = words(sample.example(), shipped())
    assert [word.number for word in told] == [12, 13, 7, 8]
    assert {word.marker for word in told} == {"shipline:shop:1.4.2:production"}
    assert "shop 1.4.2" in told[0].body


def test_text_from_outside_calls_nobody_and_breaks_nothing() -> None:
    assert plain("@acme/all <img src=x> [a](b) | `c`\n# d") == (
        "@\u200bacme/all &lt;img src=x&gt; \\[a\\](b) \\| \\`c\\` # d"
    )
    assert code("a `b` | c\nd") == "`a 'b' ¦ c d`"


@given(st.text())
def test_a_line_stays_a_line_without_marks(text: str) -> None:
    for line in (plain(text), code(text)):
        assert len(line.splitlines()) <= 1
    assert "<" not in plain(text)
    assert code(text).count("`") in (0, 2)
