"""Environment checks: what a deployment proves of its environment, as checks of its asset.

The run logs them when it records its end, and plans none: a deployment that a freeze holds back, or that was refused, leaves what was
known as it is. After a rollback what was failed is there too, and the newest word is about what runs.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline_defs.config import App, Environment
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.metadata.tables import Metadata, numbers, texts
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.rehearsal_checks import E2E, MIGRATIONS, TESTS, e2e_result, result, tests_result
from pipeline_defs.release.duration import duration
from pipeline_defs.release.migrations import led
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from pipeline_defs.release.step_name import StepName, is_a

HEALTH = "health"

_WHAT = {
    TESTS: "The tests inside the container that runs, made by its deployment or rollback.",
    E2E: "The end-to-end tests on what runs, made by its deployment or rollback.",
    MIGRATIONS: "The migrations of the release ran on the environment's own database.",
    HEALTH: "The containers that were started have become healthy in time.",
}


def verified(row: Deployment, config: Environment) -> Iterator[dg.AssetCheckResult]:
    """How the checks of one deployment or rollback went; one that was not reached has no result."""
    for found in (tests_result(row), e2e_result(row, config), _migrations(row), _health(row)):
        if found is not None and found.check_name in _names(config):
            whose = {"version": dg.MetadataValue.text(row.release.version), "deployment": dg.MetadataValue.text(row.id)}
            yield found._replace(
                description=f"{row.release.version}: {found.description}", metadata={**whose, **(found.metadata or {})}
            )


def log_verified(context: dg.OpExecutionContext, row: Deployment, config: Environment) -> None:
    """Write the checks of a deployment or rollback into the run's events."""
    key = environment_key(row.release.app, row.environment)
    for found in verified(row, config):
        evaluation = dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=str(found.check_name),
            passed=found.passed,
            severity=found.severity,
            description=found.description,
            metadata=found.metadata or {},
        )
        context.log_event(evaluation)  # type: ignore[arg-type]  # it takes them, and its annotation does not say so


def verified_check(app: App, environment: str) -> dg.AssetChecksDefinition:
    """The checks of an environment's asset. A person who executes them gets what the record of what runs says; nothing is tested anew."""
    key, config = environment_key(app.name, environment), app.environments[environment]
    specs = [dg.AssetCheckSpec(name, asset=key, description=_WHAT[name]) for name in _names(config)]

    @dg.multi_asset_check(
        name=f"{app.name}_{environment}_verified",
        specs=specs,
        can_subset=True,
        description=f"What the deployment of the release that runs in {environment} has proved, read from its record.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        ended = (row for row in Lineage(context.instance).deployments(app, environment))
        live = next((row for row in ended if row.outcome is Outcome.SUCCEEDED), None)
        wanted = {each.name for each in context.selected_asset_check_keys}
        for found in verified(live, config) if live else ():
            if found.check_name in wanted:
                yield found._replace(asset_key=key)

    return check


def _names(config: Environment) -> list[str]:
    has = {TESTS: config.test, E2E: config.e2e, MIGRATIONS: config.migrate, HEALTH: True}
    return [name for name, there in has.items() if there]


def _migrations(row: Deployment) -> dg.AssetCheckResult | None:
    steps = [step for step in row.steps if step.step == StepName.MIGRATE]
    revisions = texts({"from revision": row.revision_before or "", "to revision": row.revision or ""})
    if not steps:
        back = row.kind is DeploymentKind.ROLLBACK and row.outcome is Outcome.SUCCEEDED
        return result(MIGRATIONS, "going back runs none", revisions, passed=True) if back else None
    failed = any(step.outcome == "failed" for step in steps)
    said = row.error if failed else led(row.revision_before, row.revision, ()) or "they ran"
    metadata: Metadata = {**revisions, **numbers({"seconds": sum(step.seconds for step in steps)})}
    return result(MIGRATIONS, said, metadata, passed=not failed)


def _health(row: Deployment) -> dg.AssetCheckResult | None:
    steps = [step for step in row.steps if is_a(step.step, StepName.HEALTHY)]
    if not steps:
        return None
    failed = any(step.outcome == "failed" for step in steps)
    seconds = sum(step.seconds for step in steps)
    said = row.error if failed else f"healthy after {duration(seconds)}"
    return result(HEALTH, said, numbers({"seconds": seconds}), passed=not failed)
