"""Container log stream: follows the containers of an environment, on each of its servers at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline_defs.config import App, Host
from pipeline_defs.config.secret_sources import secrets_of
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.container_logs import NOTHING_THERE, logs

_SECONDS = 60.0
_FOREVER = 365 * 86_400.0

Hear = Callable[[Host, str], None]
"""Gets each line as it comes, `service | line`, in the thread of its host."""


def listen(app: App, environment: str, hear: Hear, *, lines: int, since: int | None, follow: bool) -> list[str]:
    """Give the last lines of an environment's containers to `hear`; with `follow` go on until Ctrl-C.

    Secrets are masked. Gives a sentence for each host where it went wrong. Raises SecretUnavailable for a secret that could not be
    masked.
    """
    secrets = secrets_of(app, environment)
    hosts = app.environments[environment].hosts
    servers = [Connection(host, secrets) for host in hosts]

    def ask(host: Host, server: Connection) -> str:
        command = logs(Site.of(app, environment, host), lines, since, follow=follow)
        timeout = _FOREVER if follow else _SECONDS
        try:
            done = server.run(command, timeout=timeout, listen=lambda line: hear(host, line))
        except ServerError as error:
            return str(error)
        if done.status == NOTHING_THERE:
            return f"nothing of {app.name} {environment} runs on {host}; shipline status {app.name} says what should"
        return "" if done.ok or follow else f"{host}: {why(done)}"

    with ThreadPoolExecutor(len(servers)) as pool:
        asked = [pool.submit(ask, *each) for each in zip(hosts, servers, strict=True)]
        try:
            failures = [refusal for each in asked if (refusal := each.result())]
        except KeyboardInterrupt:
            failures = []
            _hang_up(servers, asked)
    for server in servers:
        server.close()
    return failures


def _hang_up(servers: Sequence[Connection], asked: Sequence[Future[str]]) -> None:
    """End what is followed, on the servers too."""
    for server, each in zip(servers, asked, strict=True):
        if not each.done():
            server.interrupt()
