"""Recoveries under real runs and the real sensor: what is started after a run that has failed."""

from typing import Any

import dagster as dg

from pipeline_defs.jobs import jobs_of
from pipeline_defs.release.recovery import MOST
from pipeline_defs.sensors import sensors_of
from tests.integration.tiny import PRODUCTION, Tiny

PLACE = {"app": "tiny", "environment": "production", "target": "tiny_production"}


def answer(tiny: Tiny, run: str) -> dg.RunRequest | None:
    """What the recovery sensor answers to a run that has failed."""
    sensors = {each.name: each for each in sensors_of(tiny.app, {job.name: job for job in jobs_of(tiny.app)})}
    found = tiny.instance.get_run_by_id(run)
    (ended,) = tiny.instance.all_logs(run, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert found is not None and ended.dagster_event is not None
    context = dg.build_run_status_sensor_context(
        sensor_name="tiny_recover_failed",
        dagster_instance=tiny.instance,
        dagster_run=found,
        dagster_event=ended.dagster_event,
    )
    answered = sensors["tiny_recover_failed"](context)
    return answered if isinstance(answered, dg.RunRequest) else None


def follow(tiny: Tiny, run: str) -> list[str]:
    """The runs that the recovery sensor starts after one that failed, each made to its end.

    Where there is no end it stops at one more than the most there may be.
    """
    made: list[str] = []
    while len(made) <= MOST and (request := answer(tiny, run)) is not None:
        configs: dict[str, Any] = {name: given["config"] for name, given in request.run_config["ops"].items()}
        run = tiny.tried("deploy", PRODUCTION, tags=request.tags, **configs).run_id
        made.append(run)
    return made


def deployed(tiny: Tiny, version: str) -> str:
    """Deploy a commit of this version, however that ends; gives the run's id."""
    head = {"commit": tiny.commit(version, version), "branch": "main"}
    return tiny.tried("deploy", tags=PLACE, tiny_image=head).run_id
