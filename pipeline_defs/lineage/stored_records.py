"""Stored records: which events of Dagster's storage are records of Shipline's.

Anybody who reaches the storage can put an event under an asset. A record chooses what a server pulls, so it counts only where a step
that records it wrote it, in a run of one of the app's own jobs. What cannot be read is passed over with a warning, and stops nobody.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from dagster import AssetKey, DagsterEventType, DagsterInstance, EventLogEntry, RunsFilter
from pydantic import ValidationError

from pipeline_defs.lineage.events import (
    CHECKED,
    DEPLOYMENT,
    IMAGE,
    MAINTENANCE,
    PERSON_RUN,
    PULL_REHEARSAL,
    QUARANTINE,
    REHEARSAL,
    environment_key,
    image_key,
)
from pipeline_defs.release.evidence import Record
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.person_run import PersonRun
from pipeline_defs.release.quarantine import QuarantineEntry
from pipeline_defs.release.records import Deployment, Image, Rehearsal
from pipeline_defs.release.request import Job
from pipeline_defs.release.version import Version, VersionError

Fact = Image | Rehearsal | Deployment
Said = QuarantineEntry | Maintenance | PersonRun

_FACTS: Mapping[str, type[Fact]] = {
    IMAGE: Image,
    CHECKED: Image,
    REHEARSAL: Rehearsal,
    PULL_REHEARSAL: Rehearsal,
    DEPLOYMENT: Deployment,
}
_SAID: Mapping[str, type[Said]] = {QUARANTINE: QuarantineEntry, MAINTENANCE: Maintenance, PERSON_RUN: PersonRun}
_STEPS = {
    IMAGE: ("push",),
    CHECKED: ("push",),
    REHEARSAL: ("stage",),
    PULL_REHEARSAL: ("stage_pull",),
    DEPLOYMENT: ("deploy", "rollback", "record"),
}
"""The last parts of the names of the ops that write each record."""

_WHOLE_ASSETS = "__ASSET_JOB"
"""Dagster's job for what is started from an asset's own page, of whatever app."""

_KINDS = {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_OBSERVATION}
_MOST_RUNS = 500
_warned: set[tuple[str, float, str]] = set()
_log = logging.getLogger(__name__)
_AnyRecord = TypeVar("_AnyRecord", bound=Record)
_AnyFact = TypeVar("_AnyFact", bound=Fact)


def jobs_of(instance: DagsterInstance, runs: Collection[str]) -> dict[str, str]:
    """The jobs of these runs, {run id: job}; without those that the storage does not have."""
    wanted = sorted({run for run in runs if run})
    pages = [wanted[first : first + _MOST_RUNS] for first in range(0, len(wanted), _MOST_RUNS)]
    return {run.run_id: run.job_name for page in pages for run in instance.get_runs(RunsFilter(run_ids=page))}


def facts_in(entry: EventLogEntry, job: str | None) -> Iterator[tuple[str, Fact]]:
    """The records in an event that count, with their metadata keys. `job` is that of the event's run, None where there is no such run."""
    for key, fact in _read(entry, _FACTS):
        if _is_recorded(entry, job, key, fact):
            yield key, fact
        elif not is_word_of_end(entry, fact):
            _warn(entry, key, "no step of the app's own jobs wrote it")


def facts_of_run(
    instance: DagsterInstance, run: str, asset: AssetKey, key: str, model: type[_AnyFact]
) -> list[_AnyFact]:
    """The records a run wrote under a metadata key of an asset, in the order in which it wrote them."""
    job = jobs_of(instance, [run]).get(run)
    told = (facts_in(entry, job) for entry in instance.all_logs(run, of_type=_KINDS))
    found = (fact for facts in told for name, fact in facts if name == key and _key_of(fact) == asset)
    return [fact for fact in found if isinstance(fact, model)]


def said_in(entry: EventLogEntry) -> Iterator[Said]:
    """What a person or Shipline's daemon said without a run of the environment under whose asset it stands, or a person did there.

    It never chooses an image.
    """
    for key, said in _read(entry, _SAID):
        if entry.run_id or _asset(entry) != environment_key(said.app, said.environment):
            _warn(entry, key, "it stands in the wrong place")
        else:
            yield said


def ends_in(entry: EventLogEntry) -> Iterator[Deployment]:
    """What was said without a run of a deployment whose runs could not say it; see `is_end_of` for whether it counts."""
    for _, fact in _read(entry, _FACTS):
        if isinstance(fact, Deployment) and is_word_of_end(entry, fact):
            yield fact


def is_word_of_end(entry: EventLogEntry, fact: Fact) -> bool:
    """Whether an event without a run speaks of a deployment, under the right asset."""
    return not entry.run_id and isinstance(fact, Deployment) and _asset(entry) == _key_of(fact)


def read(model: type[_AnyRecord], value: object, entry: EventLogEntry, key: str) -> _AnyRecord | None:
    """A record from its JSON; None, with a warning, where it is none."""
    try:
        record = model.model_validate(value)
        _expect_sound(record)
    except (ValidationError, VersionError, ValueError, RecursionError) as error:
        _warn(entry, key, f"it cannot be read: {str(error).splitlines()[0]}")
        return None
    return record


def _read(entry: EventLogEntry, models: Mapping[str, type[_AnyRecord]]) -> Iterator[tuple[str, _AnyRecord]]:
    what = entry.asset_materialization or entry.asset_observation
    for key, value in (what.metadata if what else {}).items():
        record = read(models[key], value.value, entry, key) if key in models else None
        if record is not None:
            yield key, record


def _expect_sound(record: Record) -> None:
    """Raise ValueError where a text is not what readers take it for: a version, or a time with its zone."""
    if isinstance(record, Image | QuarantineEntry | PersonRun):
        Version.parse(record.version)
    if isinstance(record, PersonRun) and datetime.fromisoformat(record.at).tzinfo is None:
        raise ValueError(f"{record.at!r} has no time zone")
    if isinstance(record, Rehearsal | Deployment):
        Version.parse(record.release.version)
        if datetime.fromisoformat(record.started).tzinfo is None:
            raise ValueError(f"{record.started!r} has no time zone")


def _is_recorded(entry: EventLogEntry, job: str | None, key: str, fact: Fact) -> bool:
    """Whether a step that records such a fact wrote it, under the fact's own asset, in a job of the fact's own app."""
    app = fact.app if isinstance(fact, Image) else fact.release.app
    asset = _key_of(fact)
    place = app if isinstance(fact, Image) else asset.path[-1]
    step = (entry.step_key or "").rpartition(".")[2]
    recording = [f"{place}_{each}" for each in _STEPS[key]]
    return _asset(entry) == asset and step in recording and job is not None and _is_job_of(job, app)


def _is_job_of(job: str, app: str) -> bool:
    names = [f"{app}_{each}" for each in Job]
    return job == _WHOLE_ASSETS or job in names or job.startswith(tuple(f"{name}_" for name in names))


def _key_of(fact: Fact) -> AssetKey:
    if isinstance(fact, Image):
        return image_key(fact.app)
    return environment_key(fact.release.app, fact.environment)


def _asset(entry: EventLogEntry) -> AssetKey | None:
    what = entry.asset_materialization or entry.asset_observation
    return what.asset_key if what else None


def _warn(entry: EventLogEntry, key: str, why: str) -> None:
    """Say once in this process what is passed over."""
    event = (entry.run_id, entry.timestamp, key)
    if event in _warned:
        return
    _warned.add(event)
    asset = _asset(entry)
    where = f" under {asset.to_user_string()}" if asset else ""
    at = datetime.fromtimestamp(entry.timestamp).astimezone().isoformat(timespec="seconds")
    _log.warning("the %s of %s%s, run %s, is passed over: %s", key, at, where, entry.run_id[:8] or "none", why)
