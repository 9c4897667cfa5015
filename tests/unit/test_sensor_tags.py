"""Runs that follow one another belong to one change."""

from dagster import DagsterRun

from pipeline_defs.orchestration.sensors.staging_sensor import of_change


def test_a_run_that_follows_has_the_tags_of_the_change_and_no_others() -> None:
    of_a_change = {"head": "a" * 40, "pull_request": "12", "version_commit": "b" * 40}
    run = DagsterRun(
        job_name="shop_integrate",
        run_id="1",
        tags={**of_a_change, "change": "a key", "then": "stage", "actor": "sensor"},
    )
    assert of_change(run) == of_a_change
    assert of_change(DagsterRun(job_name="shop_integrate", run_id="1", tags={"actor": "ada"})) == {}
