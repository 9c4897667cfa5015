"""Maintenance: an environment's router answers for its app, or passes requests on again, and that is written down."""

from collections.abc import Callable
from datetime import UTC, datetime

from pipeline_defs.config import App
from pipeline_defs.deployments.attempt import new_id
from pipeline_defs.deployments.protocols import Place
from pipeline_defs.deployments.task_factory import Asker, make_task, servers_of
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.fleet.member import members_of, on_each
from pipeline_defs.server.router.maintenance_page import maintain, page


def turn_on(
    app: App, environment: str, message: str, html: str | None, actor: str, lineage: Lineage, say: Callable[[str], None]
) -> Maintenance:
    """Let people have a page with this message, or this page, instead of the app. Raises ShiplineError."""
    return _turn(app, environment, actor, lineage, say, message=message, text=html or page(message))


def turn_off(app: App, environment: str, actor: str, lineage: Lineage, say: Callable[[str], None]) -> Maintenance:
    """Let requests reach the app again. Raises ShiplineError."""
    return _turn(app, environment, actor, lineage, say)


def _turn(
    app: App,
    environment: str,
    actor: str,
    lineage: Lineage,
    say: Callable[[str], None],
    *,
    message: str = "",
    text: str | None = None,
) -> Maintenance:
    id = new_id()
    task = make_task(id, Place(app, environment), Asker(f"maintenance {id}", actor, lineage.lives, say))
    with servers_of(SshResource(), task) as servers:
        service = task.site.config.service
        routed = [each for each in members_of(task, servers) if each.site.config.service == service]
        on_each(routed, lambda member: maintain(member.task, member.server, text))
    word = Maintenance(
        app=app.name,
        environment=environment,
        on=text is not None,
        actor=actor,
        message=message,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    lineage.say_maintenance(word)
    return word
