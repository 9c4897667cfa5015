"""Drifts: what the newest looks at servers found. Dagster has an index of checks by itself."""

from collections.abc import Sequence

from dagster import AssetCheckKey, DagsterInstance

from pipeline_defs.ops.events import DRIFT, environment_key
from pipeline_defs.release.drift import Drift

_Place = tuple[str, str]


def newest_drifts(instance: DagsterInstance | None, places: Sequence[_Place]) -> dict[_Place, Drift]:
    """What was found in several environments, {(app, environment): …}, asked for at once; nothing of those where nobody has looked."""
    keys = {AssetCheckKey(environment_key(*place), DRIFT): place for place in places}
    if instance is None or not keys:
        return {}
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    found = {keys[key]: record.evaluation for key, record in latest.items() if key in keys}
    return {place: Drift.model_validate(each.metadata[DRIFT].value) for place, each in found.items() if each}
