"""Drift: a look at the servers of an environment, compared with the lineage, and kept as a check of its asset."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.host import Host
from pipeline_defs.history import Lineage
from pipeline_defs.ops.events import DRIFT, environment_key
from pipeline_defs.release.drift import Drift, Seen, drift
from pipeline_defs.resources.ssh import SshResource
from pipeline_defs.server.command import Runner, ServerError
from pipeline_defs.server.facts import look
from pipeline_defs.server.site import Site


def drift_of(app: App, environment: str, lineage: Lineage) -> Drift:
    """Look at every host of an environment. Nothing is changed there; one that does not answer is told as such."""
    live = next((row for row in lineage.standing(app, environment).rows if row.live), None)
    hosts = app.environments[environment].hosts
    with SshResource().connect_each(hosts, all_there=False) as servers, ThreadPoolExecutor(len(hosts)) as pool:
        seen = list(pool.map(lambda host, server: _seen(app, environment, host, server), hosts, servers))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return drift(live.version if live else None, live.digest if live else None, seen, at)


def _seen(app: App, environment: str, host: Host, server: Runner) -> Seen:
    try:
        facts = look(Site.of(app, environment, host), server)
    except ServerError as error:
        return Seen(host=str(host), lost=str(error))
    return Seen(host=str(host), current=facts.current, image=facts.running)


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
