"""Person's command: what a person runs in the release of an environment, and that it is written down who ran it."""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline_defs.config import App, Secret
from pipeline_defs.config.host import Host
from pipeline_defs.config.secret_sources import secrets_of
from pipeline_defs.deployments.attempt import new_id
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.person_run import PersonRun, kept_command
from pipeline_defs.resources.attached_command import OutputClosed, Streams, attach
from pipeline_defs.resources.local_terminal import ended_in_order
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.command import Command, ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.release_command import Served, end, in_new_container, in_running_container, served

_SECONDS = 60
_INTERRUPTED = 130
_NOBODY_READS = 141


@dataclass(frozen=True)
class PersonCommand:
    """What a person asks for: these words as a command, on a host of an app's environment, in the container that serves (`running`) or
    in one of its own, with a terminal or without.
    """

    app: App
    environment: str
    host: Host
    words: tuple[str, ...]
    actor: str
    running: bool = False
    terminal: bool = False


def run_command(asked: PersonCommand, streams: Streams, lineage: Lineage) -> int:
    """Run a person's command and give its exit status. Its begin and its end are written down, and nothing of what it says.

    Raises SecretUnavailable for a secret that could not be masked, and ServerError where nothing runs, or the connection is lost.
    """
    secrets = secrets_of(asked.app, asked.environment)
    site = Site.of(asked.app, asked.environment, asked.host)
    with ended_in_order(), SshResource().connect(asked.host, secrets) as server:
        runs = served(site, server)
        begun = _begun(asked, runs, secrets)
        make = in_running_container if asked.running else in_new_container
        command = make(site, runs, begun.id, asked.words, terminal=asked.terminal)
        lineage.say_person_run(begun)
        return _carried_out(begun, command, streams, server, lineage, terminal=asked.terminal)


def _carried_out(
    begun: PersonRun, command: Command, streams: Streams, server: Connection, lineage: Lineage, *, terminal: bool
) -> int:
    since = time.monotonic()
    status: int | None = None
    error: str | None = None
    try:
        status = attach(server, command, streams, terminal=terminal)
        return status
    except OutputClosed:
        status = _NOBODY_READS
        _end(begun, server)
        return status
    except ServerError as lost:
        error = str(lost) if terminal else f"{lost}; the command may go on there"
        raise ServerError(error) from None
    except BaseException as left:
        status, error = _left(left)
        _end(begun, server)
        raise
    finally:
        ended = {"exit_status": status, "error": error, "seconds": round(time.monotonic() - since, 1)}
        lineage.say_person_run(begun.model_copy(update=ended))


def _left(by: BaseException) -> tuple[int | None, str | None]:
    """The exit status of this process where it is interrupted by a signal, or what else ended it."""
    if isinstance(by, SystemExit) and isinstance(by.code, int):
        return by.code, None
    return (_INTERRUPTED, None) if isinstance(by, KeyboardInterrupt) else (None, type(by).__name__)


def _end(begun: PersonRun, server: Connection) -> None:
    """End on the server what was interrupted here."""
    with suppress(ServerError):
        server.run(end(begun.id), timeout=_SECONDS)


def _begun(asked: PersonCommand, runs: Served, secrets: Collection[Secret]) -> PersonRun:
    return PersonRun(
        id=new_id(),
        app=asked.app.name,
        environment=asked.environment,
        host=str(asked.host),
        actor=asked.actor,
        command=kept_command(asked.words, secrets),
        running=asked.running,
        version=runs.release.version,
        digest=runs.release.digest,
        commit=runs.release.commit,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
