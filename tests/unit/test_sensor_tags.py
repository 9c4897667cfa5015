"""Runs that follow one another belong to one change."""

from dagster import DagsterRun

from pipeline_defs.orchestration.sensors.staging_sensor import of_change
from pipeline_defs.release.run_tags import THEN, VERSION_COMMIT


def test_a_run_that_follows_has_the_tags_of_the_change_and_no_others() -> None:
    of_a_change = {"head": "a" * 40, "pull_request": "12"}
    for name in (VERSION_COMMIT, "version_commit"):  # as older runs say it
        tags = {**of_a_change, name: "b" * 40, "change": "a key", THEN: "stage", "actor": "sensor"}
        run = DagsterRun(job_name="shop_integrate", run_id="1", tags=tags)
        assert of_change(run) == {**of_a_change, VERSION_COMMIT: "b" * 40}
    assert of_change(DagsterRun(job_name="shop_integrate", run_id="1", tags={"actor": "ada"})) == {}
