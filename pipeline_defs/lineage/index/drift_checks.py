"""Drift checks: what the newest looks at environments found. They are few and always the newest, so that no index is needed."""

from collections.abc import Sequence

from dagster import AssetCheckEvaluation, AssetCheckKey, DagsterInstance
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)

from pipeline_defs.lineage.events import DRIFT, environment_key
from pipeline_defs.release.drift_finding import Drift

_OVER = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}


def drifts(instance: DagsterInstance | None, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Drift]:
    """{(app, environment): what was found}, asked for all of them at once; without those at which nobody has looked."""
    keys = {AssetCheckKey(environment_key(*place), DRIFT): place for place in places}
    if instance is None or not keys:
        return {}
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    found = {keys[key]: _evaluated(instance, key, record) for key, record in latest.items() if key in keys}
    return {place: Drift.model_validate(each.metadata[DRIFT].value) for place, each in found.items() if each}


def _evaluated(
    instance: DagsterInstance, key: AssetCheckKey, record: AssetCheckExecutionRecord
) -> AssetCheckEvaluation | None:
    """What a check found; of one that a person executes now, what it had found before."""
    if record.status in _OVER:
        return record.evaluation
    before = instance.event_log_storage.get_asset_check_execution_history(key, limit=1, status=_OVER)
    return before[0].evaluation if before else None
