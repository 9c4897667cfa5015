"""Production state: what runs in the environment that is rehearsed, and at which revision its database is. Nothing is changed there."""

from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.compose_commands import execute
from pipeline_defs.server.core.command import Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.facts import inspect_site
from pipeline_defs.server.steps.shared_steps import revision_in

_SECONDS = 120.0


def production_state(production: Site, server: Runner) -> tuple[Release | None, str | None]:
    """The release that runs, and the database's revision as that tells it.

    The revision is empty for an app that has no command for it, and None where it is not known, or where the release that the
    environment names is not what runs. Raises ServerError.
    """
    facts = inspect_site(production, server)
    release = facts.current
    if release is None or facts.unfinished or facts.running not in release.references:
        return release, None
    words = production.config.revision
    if words is None:
        return release, ""
    said = server.run(execute(production, production.config.service, *words), timeout=_SECONDS)
    return release, revision_in(said.stdout) if said.ok else None
