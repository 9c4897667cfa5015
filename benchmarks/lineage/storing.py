"""Storing: records written into Dagster's storage as its runs write them, but many at once.

The rows are made by Dagster's own code, and only the transaction is another one: a commit for each event would take an hour.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterRun, DagsterRunStatus
from dagster._core.events import AssetObservationData, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.runs import SqlRunStorage
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable
from dagster._serdes import serialize_value

from benchmarks.lineage.story import Dated, Fact
from pipeline_defs.lineage.events import Metadata, environment_key, image_key, release_tags
from pipeline_defs.lineage.metadata import deployment_metadata, image_metadata, rehearsal_metadata
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal

_BATCH = 1000


def store(instance: dg.DagsterInstance, facts: Iterable[Dated]) -> int:
    """Write records and their runs; gives how many events that made. The storage is one of Dagster's SQL storages."""
    events, runs = instance.event_log_storage, instance.run_storage
    assert isinstance(events, SqlEventLogStorage)
    assert isinstance(runs, SqlRunStorage)
    newest: dict[dg.AssetKey, EventLogEntry] = {}
    known: set[str] = set()
    count = 0
    for batch in _batches(facts):
        entries = [_entry(at, fact) for at, _, fact in batch]
        with events.index_connection() as connection:
            connection.execute(SqlEventLogStorageTable.insert(), [events._event_to_row(entry) for entry in entries])
        _store_runs(runs, [(at, fact) for at, _, fact in batch if fact.run not in known])
        known |= {fact.run for _, _, fact in batch}
        newest |= {_asset(fact): entry for (_, _, fact), entry in zip(batch, entries, strict=True)}
        count += len(entries)
    for number, entry in enumerate(newest.values()):
        events.store_asset_event(entry, number + 1)
    return count


def _batches(facts: Iterable[Dated]) -> Iterator[list[Dated]]:
    following = iter(facts)
    while batch := list(islice(following, _BATCH)):
        yield batch


def _entry(at: datetime, fact: Fact) -> EventLogEntry:
    """An event as a step of a run logs it: a materialization of what is there now, else an observation."""
    asset, stamp = _asset(fact), at.timestamp()
    if isinstance(fact, Image) or fact.outcome is Outcome.SUCCEEDED:
        kind = DagsterEventType.ASSET_MATERIALIZATION
        data: StepMaterializationData | AssetObservationData = StepMaterializationData(
            dg.AssetMaterialization(asset, metadata=_metadata(fact)), []
        )
    else:
        kind = DagsterEventType.ASSET_OBSERVATION
        data = AssetObservationData(dg.AssetObservation(asset, metadata=_metadata(fact)))
    event = DagsterEvent(
        event_type_value=kind.value, job_name=_job(fact), step_key=_step(fact), event_specific_data=data
    )
    return EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=20,
        user_message="",
        run_id=fact.run,
        timestamp=stamp,
        job_name=event.job_name,
        step_key=event.step_key,
        dagster_event=event,
    )


def _job(fact: Fact) -> str:
    """The job that makes such a record."""
    if isinstance(fact, Image):
        return f"{fact.app}_integrate"
    return f"{fact.release.app}_{'stage' if isinstance(fact, Rehearsal) else fact.kind.value}"


def _step(fact: Fact) -> str:
    """The step that writes it."""
    asset = _asset(fact).path[-1]
    if isinstance(fact, Image):
        return f"{asset}.{fact.app}_push"
    return f"{asset}.{asset}_{'stage' if isinstance(fact, Rehearsal) else 'record'}"


def _metadata(fact: Fact) -> Metadata:
    if isinstance(fact, Image):
        return image_metadata(fact)
    return rehearsal_metadata(fact) if isinstance(fact, Rehearsal) else deployment_metadata(fact)


def _asset(fact: Fact) -> dg.AssetKey:
    return image_key(fact.app) if isinstance(fact, Image) else environment_key(fact.release.app, fact.environment)


def _store_runs(storage: SqlRunStorage, facts: list[tuple[datetime, Fact]]) -> None:
    rows, tags = [], []
    for at, fact in {fact.run: (at, fact) for at, fact in facts}.values():
        of = fact if isinstance(fact, Image) else fact.release
        told = {"app": of.app, **release_tags(of)}
        told |= {"environment": fact.environment} if isinstance(fact, Deployment | Rehearsal) else {}
        name = _job(fact)
        run = DagsterRun(job_name=name, run_id=fact.run, tags=told, status=DagsterRunStatus.SUCCESS)
        stamp = at.astimezone(UTC).replace(tzinfo=None)
        rows.append(
            {
                "run_id": run.run_id, "pipeline_name": name, "status": run.status.value, "run_body": serialize_value(run),
                "create_timestamp": stamp, "update_timestamp": stamp, "start_time": at.timestamp(), "end_time": at.timestamp() + 60,
            }
        )  # fmt: skip
        tags += [{"run_id": run.run_id, "key": key, "value": value} for key, value in told.items()]
    if rows:
        with storage.connect() as connection:
            connection.execute(RunsTable.insert(), rows)
            connection.execute(RunTagsTable.insert(), tags)
