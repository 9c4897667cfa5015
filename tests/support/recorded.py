"""Records in Dagster's storage as the steps of an app's jobs write them, without the work of those steps."""

import time

import dagster as dg
from dagster._core.events import AssetObservationData, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.utils import make_new_run_id

from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.metadata import deployment_metadata, image_metadata, rehearsal_metadata
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal

Fact = Image | Rehearsal | Deployment


def record(
    instance: dg.DagsterInstance,
    fact: Fact,
    *,
    materialized: bool | None = None,
    run: str | None = None,
    job: str | None = None,
    step: str | None = None,
    asset: dg.AssetKey | None = None,
    metadata: dict | None = None,
) -> None:
    """Write a record, as a materialization of what is there now, else as an observation.

    Run, job, step, asset and metadata are those with which the app's own jobs would write it, unless others are given. The run is made
    if there is none yet; `run=""` is none.
    """
    asset_, job_, step_, metadata_ = _usual(fact)
    run = (fact.run or make_new_run_id()) if run is None else run
    if run and not instance.has_run(run):
        instance.add_run(dg.DagsterRun(job_name=job or job_, run_id=run, status=dg.DagsterRunStatus.SUCCESS))
    if materialized is None:
        materialized = isinstance(fact, Image) or fact.outcome is Outcome.SUCCEEDED
    key, told = asset or asset_, metadata or metadata_
    data = (
        StepMaterializationData(dg.AssetMaterialization(key, metadata=told), [])
        if materialized
        else AssetObservationData(dg.AssetObservation(key, metadata=told))
    )
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION if materialized else dg.DagsterEventType.ASSET_OBSERVATION
    event = dg.DagsterEvent(
        event_type_value=kind.value,
        job_name=job or job_,
        step_key=step_ if step is None else step or None,
        event_specific_data=data,
    )
    instance.handle_new_event(
        EventLogEntry(
            error_info=None,
            level=20,
            user_message="",
            run_id=run,
            timestamp=time.time(),
            step_key=event.step_key,
            job_name=event.job_name,
            dagster_event=event,
        )
    )


def _usual(fact: Fact) -> tuple[dg.AssetKey, str, str, dict]:
    if isinstance(fact, Image):
        asset = image_key(fact.app)
        return asset, f"{fact.app}_integrate", f"{asset.path[-1]}.{fact.app}_push", image_metadata(fact)
    asset = environment_key(fact.release.app, fact.environment)
    step = f"{asset.path[-1]}.{asset.path[-1]}"
    if isinstance(fact, Rehearsal):
        return asset, f"{fact.release.app}_stage", f"{step}_stage", rehearsal_metadata(fact)
    return asset, f"{fact.release.app}_deploy", f"{step}_record", deployment_metadata(fact)
