"""Annotations: what a person says of a release or an environment, or ran there by hand: observations of the environment's asset."""

from collections.abc import Mapping

from dagster import AssetObservation, AssetRecordsFilter, DagsterInstance, MetadataValue

from pipeline_defs.lineage.events import MAINTENANCE, PERSON_RUN, QUARANTINE, environment_key
from pipeline_defs.lineage.stored_records import said_in
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.person_run import PersonRun
from pipeline_defs.release.quarantine import QuarantineEntry

_MOST = 500


def annotate(instance: DagsterInstance, word: QuarantineEntry) -> None:
    """Write down a person's word on a release."""
    what = f"quarantine of {word.version} {'lifted' if word.lifted else 'asked for'} by {word.actor}: {word.reason}"
    shown = {"version": word.version, "digest": word.digest, "actor": word.actor, "reason": word.reason}
    _observe(instance, word, QUARANTINE, what, shown)


def annotate_maintenance(instance: DagsterInstance, word: Maintenance) -> None:
    """Write down that an environment is in maintenance, or no more."""
    what = f"maintenance {'on' if word.on else 'off'} by {word.actor}{f': {word.message}' if word.message else ''}"
    _observe(instance, word, MAINTENANCE, what, {"actor": word.actor})


def annotate_person_run(instance: DagsterInstance, run: PersonRun) -> None:
    """Write down that a person runs a command in an environment, or how it ended."""
    what = f"{run.actor} ran on {run.host}: {run.command} ({run.outcome})"
    shown = {"actor": run.actor, "host": run.host, "command": run.command, "outcome": run.outcome}
    _observe(instance, run, PERSON_RUN, what, shown)


def _observe(
    instance: DagsterInstance,
    word: QuarantineEntry | Maintenance | PersonRun,
    kind: str,
    what: str,
    shown: Mapping[str, str],
) -> None:
    metadata = {name: MetadataValue.text(value) for name, value in shown.items()}
    record = {kind: MetadataValue.json(word.model_dump(mode="json"))}
    key = environment_key(word.app, word.environment)
    instance.report_runless_asset_event(AssetObservation(key, description=what, metadata={**metadata, **record}))


def annotations_after(
    instance: DagsterInstance, app: str, environment: str, after: int | None
) -> tuple[list[QuarantineEntry], int]:
    """People's words on releases that were stored after a number, oldest first, and the number of the newest observation there is.

    Without a number none are read: only the newest observation is asked for.
    """
    of_asset = AssetRecordsFilter(environment_key(app, environment), after_storage_id=after)
    found = instance.fetch_observations(of_asset, limit=1 if after is None else _MOST).records
    newest = max((record.storage_id for record in found), default=after or 0)
    told = [] if after is None else [said_in(record.event_log_entry) for record in reversed(found)]
    return [said for each in told for said in each if isinstance(said, QuarantineEntry)], newest
