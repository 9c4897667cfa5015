"""Drift: a look at the servers of an environment, compared with the lineage."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from pipeline_defs.config import App
from pipeline_defs.config.host import Host
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.drift_finding import Drift, Seen, drift
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.command import Runner, ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.facts import inspect_site


def drift_of(app: App, environment: str, lineage: Lineage) -> Drift:
    """Look at every host of an environment. Nothing is changed there; one that does not answer is told as such."""
    live = next((row for row in lineage.environment_status(app, environment).rows if row.live), None)
    hosts = app.environments[environment].hosts
    with SshResource().connect_each(hosts, all_there=False) as servers, ThreadPoolExecutor(len(hosts)) as pool:
        seen = list(pool.map(lambda host, server: _seen(app, environment, host, server), hosts, servers))
    at = datetime.now(UTC).isoformat(timespec="seconds")
    if live is None:
        return drift(None, None, seen, at)
    return drift(live.version, live.digest, seen, at, configuration=live.configuration)


def _seen(app: App, environment: str, host: Host, server: Runner) -> Seen:
    try:
        facts = inspect_site(Site.of(app, environment, host), server)
    except ServerError as error:
        return Seen(host=str(host), lost=str(error))
    return Seen(host=str(host), current=facts.current, image=facts.running)
