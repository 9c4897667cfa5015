"""Words: what a person says of a release or an environment, written into the lineage as an observation of the environment's asset."""

from dagster import AssetObservation, DagsterInstance, MetadataValue

from pipeline_defs.ops.events import MAINTENANCE, QUARANTINE, environment_key
from pipeline_defs.release.maintenance import Maintenance
from pipeline_defs.release.quarantine import Word


def say(instance: DagsterInstance, word: Word) -> None:
    """Write down a person's word on a release."""
    what = f"quarantine of {word.version} {'lifted' if word.lifted else 'asked for'} by {word.actor}: {word.reason}"
    metadata = {
        "version": MetadataValue.text(word.version),
        "digest": MetadataValue.text(word.digest),
        "actor": MetadataValue.text(word.actor),
        "reason": MetadataValue.text(word.reason),
        QUARANTINE: MetadataValue.json(word.model_dump(mode="json")),
    }
    key = environment_key(word.app, word.environment)
    instance.report_runless_asset_event(AssetObservation(key, description=what, metadata=metadata))


def say_maintenance(instance: DagsterInstance, word: Maintenance) -> None:
    """Write down that an environment is in maintenance, or no more."""
    what = f"maintenance {'on' if word.on else 'off'} by {word.actor}{f': {word.message}' if word.message else ''}"
    metadata = {
        "actor": MetadataValue.text(word.actor),
        MAINTENANCE: MetadataValue.json(word.model_dump(mode="json")),
    }
    key = environment_key(word.app, word.environment)
    instance.report_runless_asset_event(AssetObservation(key, description=what, metadata=metadata))
