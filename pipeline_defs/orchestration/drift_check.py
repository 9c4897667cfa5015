"""Drift check: what a look at the servers of an environment found, as a check of its asset."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.deployments.drift import drift_of
from pipeline_defs.lineage.events import DRIFT, environment_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.drift_finding import Drift


def drift_check(app: App, environment: str) -> dg.AssetChecksDefinition:
    """The check `drift` of an environment's asset, for a person who wants to know now; the sensor `<app>_drift` looks by itself."""
    key = environment_key(app.name, environment)

    @dg.asset_check(
        asset=key,
        name=DRIFT,
        description=f"What runs in {environment} is what the lineage says. Something else was done by hand, or by another program.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        found = evaluation(key, drift_of(app, environment, Lineage(context.instance)))
        return dg.AssetCheckResult(
            check_name=DRIFT,
            passed=found.passed,
            severity=found.severity,
            description=found.description,
            metadata=found.metadata,
        )

    return check


def evaluation(key: dg.AssetKey, found: Drift) -> dg.AssetCheckEvaluation:
    """A look as Dagster keeps it: passed, or not with the sentences; a warning where a host could not be looked at."""
    said = [*found.said, *found.lost]
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=DRIFT,
        passed=not said,
        severity=dg.AssetCheckSeverity.ERROR if found.said else dg.AssetCheckSeverity.WARN,
        description="; ".join(said) or "what runs is what the lineage says",
        metadata={DRIFT: dg.MetadataValue.json(found.model_dump(mode="json"))},
    )
