"""Maintaining: an environment's router answers for its app, or passes requests on again, and that is written down."""

from collections.abc import Callable
from datetime import UTC, datetime

from pipeline_defs.config import App
from pipeline_defs.history import Lineage
from pipeline_defs.ops.attempt import new_id
from pipeline_defs.ops.log import EXPECTED
from pipeline_defs.ops.task import servers_of
from pipeline_defs.release.maintenance import Maintenance
from pipeline_defs.resources.ssh import SshResource
from pipeline_defs.server.maintenance import maintain, page
from pipeline_defs.server.member import members_of, on_each
from pipeline_defs.server.task import Task


class MaintenanceError(Exception):
    """The router does not do as it was told; the message is one sentence."""


def turn_on(
    app: App, environment: str, message: str, html: str | None, actor: str, lineage: Lineage, say: Callable[[str], None]
) -> Maintenance:
    """Let people have a page with this message, or this page, instead of the app. Raises MaintenanceError."""
    return _turn(app, environment, actor, lineage, say, message=message, text=html or page(message))


def turn_off(app: App, environment: str, actor: str, lineage: Lineage, say: Callable[[str], None]) -> Maintenance:
    """Let requests reach the app again. Raises MaintenanceError."""
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
    task = Task(
        id=id,
        app=app,
        environment=environment,
        release=None,
        files={},
        settings={},
        registry_login=None,
        run=f"maintenance {id}",
        actor=actor,
        alive=lineage.lives,
        say=say,
        listen=lambda line: None,
    )
    try:
        with servers_of(SshResource(), task) as servers:
            routed = [
                each for each in members_of(task, servers) if each.site.config.service == task.site.config.service
            ]
            on_each(routed, lambda member: maintain(member.task, member.server, text))
    except EXPECTED as error:
        raise MaintenanceError(str(error)) from error
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
