"""Tags that people do not see, and those of runs from before they were hidden."""

import dagster as dg

from pipeline_defs.release import run_tags
from pipeline_defs.release.run_tags import tag_of

HIDDEN = tuple(
    value
    for value in vars(run_tags).values()
    if isinstance(value, str) and value.startswith(run_tags._HIDDEN) and value != run_tags._HIDDEN
)


def test_dagster_hides_them_and_takes_their_names() -> None:
    with dg.DagsterInstance.ephemeral() as instance:

        @dg.job
        def job() -> None: ...

        run = instance.create_run_for_job(job, tags=dict.fromkeys(HIDDEN, "x"))
        assert all(name.startswith(".dagster/") for name in HIDDEN) and run_tags.DIGEST in HIDDEN
        assert {name: run.tags[name] for name in HIDDEN} == dict.fromkeys(HIDDEN, "x")


def test_an_older_run_says_it_under_the_plain_name() -> None:
    assert tag_of({"seen": "2026"}, run_tags.SEEN) == tag_of({run_tags.SEEN: "2026"}, run_tags.SEEN) == "2026"
    assert tag_of({}, run_tags.TIMES, "0") == "0"
    assert tag_of({"reason": "a merge"}, run_tags.REASON) == "a merge"
