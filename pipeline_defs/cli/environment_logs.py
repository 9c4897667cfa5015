"""Environment logs: what the containers of an environment say, as people read it."""

import threading
from typing import Any

from pipeline_defs.cli.cli_output import Failed, Output, plain
from pipeline_defs.config import App, Host, SecretUnavailable


def environment_logs(
    app: App, environment: str, output: Output, *, lines: int, since: int | None, follow: bool
) -> None:
    """Show the last lines of an environment's containers; with `follow` go on until Ctrl-C. Raises Failed."""
    from pipeline_defs.resources.container_log_stream import listen

    told = PrintedLogs(output, several=len(app.environments[environment].hosts) > 1)
    try:
        failures = listen(app, environment, told.hear, lines=lines, since=since, follow=follow)
    except SecretUnavailable as error:
        raise Failed(f"{error}; without it, it could not be masked") from None
    if failures:
        raise Failed("; ".join(failures))
    output.result(told.lines)


class PrintedLogs:
    """What was heard: shown as it comes, and kept as data for JSON."""

    def __init__(self, output: Output, *, several: bool) -> None:
        self.lines: list[dict[str, Any]] = []
        self._output, self._several, self._lock = output, several, threading.Lock()

    def hear(self, host: Host, line: str) -> None:
        """Take one line of a host, `service | line`."""
        service, _, said = plain(line).partition(" | ")
        with self._lock:
            if self._output.json:
                self.lines.append({"host": str(host), "service": service, "line": said})
            head = f"{host.address} {service}" if self._several else service
            self._output.say((f"{head} | ", "dim"), said)
