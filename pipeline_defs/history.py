"""The lineage read back from Dagster's storage, with or without a running Shipline.

The only reader: the command line asks it, and lets it write down a person's word. Everything is taken from the stored events of
an asset, page by page and in the order in which they were stored, never from "the latest", which is another run's as soon as two
of them interleave.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetObservation,
    AssetRecordsFilter,
    DagsterInstance,
    EventLogRecord,
    MetadataValue,
)

from pipeline_defs.config import App, Home
from pipeline_defs.ops.events import (
    DEPLOYMENT,
    DRIFT,
    IMAGE,
    MAINTENANCE,
    QUARANTINE,
    REHEARSAL,
    environment_key,
    image_key,
)
from pipeline_defs.release.drift import Drift
from pipeline_defs.release.evidence import Record
from pipeline_defs.release.history import Row, fold, rows
from pipeline_defs.release.maintenance import Maintenance, maintained
from pipeline_defs.release.quarantine import Quarantined, Word, quarantine
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal

_PAGE = 500

_Fact = TypeVar("_Fact", bound=Record)


class Lineage:
    """What Dagster's storage knows about the apps. Without a storage it is empty."""

    def __init__(self, instance: DagsterInstance | None) -> None:
        self._instance = instance

    def images(self, app: App) -> list[Image]:
        """Every image that was pushed for this app, newest first."""
        return list(reversed(self._facts(image_key(app.name), IMAGE, Image)))

    def environment(self, app: App, environment: str) -> list[Row]:
        """The history of one environment, newest first: rehearsals where it rehearses, else deployments."""
        rehearses = app.environments[environment].rehearses
        attempts = self._rehearsals(app, environment) if rehearses else self.deployments(app, environment)
        unfinished = {attempt.run for attempt in attempts if attempt.outcome is Outcome.STARTED}
        return rows(attempts, alive=set(filter(self._is_alive, unfinished)), now=datetime.now(UTC))

    def deployments(self, app: App, environment: str) -> list[Deployment]:
        """The records of one environment's deployments, newest first."""
        return fold(self._facts(environment_key(app.name, environment), DEPLOYMENT, Deployment))

    def rehearsals(self, app: App) -> list[Rehearsal]:
        """The records of an app's rehearsals, newest first."""
        return self._rehearsals(app, app.staging) if app.staging else []

    def _rehearsals(self, app: App, environment: str) -> list[Rehearsal]:
        return fold(self._facts(environment_key(app.name, environment), REHEARSAL, Rehearsal))

    def quarantine(self, app: App, environment: str) -> list[Quarantined]:
        """What is quarantined in one environment, newest first."""
        models: dict[str, type[Deployment | Word]] = {DEPLOYMENT: Deployment, QUARANTINE: Word}
        return quarantine(self._told(environment_key(app.name, environment), models))

    def words_after(self, app: App, environment: str, after: int | None) -> tuple[list[Word], int]:
        """People's words on releases that were stored after a number, oldest first, and the number of the newest event there is.

        Without a number none are read: only the newest event is asked for.
        """
        if self._instance is None:
            return [], 0
        of_asset = AssetRecordsFilter(environment_key(app.name, environment), after_storage_id=after)
        found = self._instance.fetch_observations(of_asset, limit=1 if after is None else _PAGE).records
        newest = max((record.storage_id for record in found), default=after or 0)
        told = [] if after is None else [_metadata(record).get(QUARANTINE) for record in reversed(found)]
        return [Word.model_validate(word.value) for word in told if word is not None], newest

    def drift(self, app: App, environment: str) -> Drift | None:
        """What the newest look at an environment's servers found; None where nobody has looked."""
        if self._instance is None:
            return None
        key = AssetCheckKey(environment_key(app.name, environment), DRIFT)
        record = self._instance.get_latest_asset_check_evaluation_record(key)
        found = record.evaluation if record else None
        return Drift.model_validate(found.metadata[DRIFT].value) if found else None

    def say(self, word: Word) -> None:
        """Write down a person's word on a release, as an observation of the environment's asset."""
        if self._instance is None:
            raise LookupError("there is no storage to write to")
        what = f"quarantine of {word.version} {'lifted' if word.lifted else 'asked for'} by {word.actor}: {word.reason}"
        metadata = {
            "version": MetadataValue.text(word.version),
            "digest": MetadataValue.text(word.digest),
            "actor": MetadataValue.text(word.actor),
            "reason": MetadataValue.text(word.reason),
            QUARANTINE: MetadataValue.json(word.model_dump(mode="json")),
        }
        key = environment_key(word.app, word.environment)
        self._instance.report_runless_asset_event(AssetObservation(key, description=what, metadata=metadata))

    def maintenance(self, app: App, environment: str) -> Maintenance | None:
        """The word by which an environment is in maintenance now; None where it is not."""
        return maintained(self._facts(environment_key(app.name, environment), MAINTENANCE, Maintenance))

    def say_maintenance(self, word: Maintenance) -> None:
        """Write down that an environment is in maintenance, or no more, as an observation of its asset."""
        if self._instance is None:
            raise LookupError("there is no storage to write to")
        what = f"maintenance {'on' if word.on else 'off'} by {word.actor}{f': {word.message}' if word.message else ''}"
        metadata = {
            "actor": MetadataValue.text(word.actor),
            MAINTENANCE: MetadataValue.json(word.model_dump(mode="json")),
        }
        key = environment_key(word.app, word.environment)
        self._instance.report_runless_asset_event(AssetObservation(key, description=what, metadata=metadata))

    def lives(self, run_id: str) -> bool | None:
        """Whether a run is still under way; None of one that is not known here."""
        run = self._instance.get_run_by_id(run_id) if self._instance else None
        return None if run is None else not run.is_finished

    @property
    def kept(self) -> bool:
        """Whether there is a storage, in which a person's word can be written down."""
        return self._instance is not None

    def _is_alive(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id) if self._instance and run_id else None
        return run is not None and not run.is_finished

    def _facts(self, asset: AssetKey, metadata_key: str, model: type[_Fact]) -> list[_Fact]:
        """The records under one metadata key of an asset's events, in the order in which they were stored."""
        return self._told(asset, {metadata_key: model})

    def _told(self, asset: AssetKey, models: Mapping[str, type[_Fact]]) -> list[_Fact]:
        """The records under several metadata keys, {key: model}, in the order in which they were stored."""
        events = sorted(self._events(asset), key=lambda event: event.storage_id)
        found = [(model, _metadata(event).get(key)) for event in events for key, model in models.items()]
        return [model.model_validate(value.value) for model, value in found if value is not None]

    def _events(self, asset: AssetKey) -> Iterator[EventLogRecord]:
        for fetch in (
            (self._instance.fetch_materializations, self._instance.fetch_observations) if self._instance else ()
        ):
            cursor: str | None = None
            more = True
            while more:
                page = fetch(asset, limit=_PAGE, cursor=cursor, ascending=True)
                yield from page.records
                cursor, more = page.cursor, page.has_more


@contextmanager
def open_lineage(home: Home) -> Iterator[Lineage]:
    """The lineage in this home's storage; empty where no Shipline was ever started."""
    if not (home.root / "dagster.yaml").exists():
        yield Lineage(None)
        return
    with DagsterInstance.from_config(str(home.root)) as instance:
        yield Lineage(instance)


def _metadata(event: EventLogRecord) -> Any:
    what = event.asset_materialization or event.asset_observation
    return what.metadata if what else {}
