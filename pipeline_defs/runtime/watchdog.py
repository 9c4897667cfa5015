"""Watchdog: what the Engine itself does not start again, `python -m pipeline_defs.runtime.watchdog PROJECT`, beside
the service's other containers.

The Engine's restart policy covers a program that ends. It does not cover a container that `docker kill` ended, which to the Engine is
as good as one that was told to stop: the Engine's events tell the two apart. Nor does it cover one that runs and does not answer,
which is looked for every few seconds, so that what could not be started anew once is tried again.

Source of the events' names: https://docs.docker.com/reference/cli/docker/system/events/
"""

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from docker.errors import APIError, DockerException
from requests.exceptions import RequestException

import docker
from pipeline_defs.runtime.program_log import write_log

PATIENCE = 2.0
"""Seconds after a container's end, in which the Engine says that it was told to stop, or starts it again by itself."""

LOOK = 5.0
"""Seconds between two looks for containers that do not answer."""

_log = logging.getLogger(__name__)

_PROJECT = "com.docker.compose.project"
_ENDED, _STOPPED = "die", "stop"


class Watchdog:
    """Looks after the containers of one compose project that are to run until somebody stops them."""

    def __init__(self, client: docker.DockerClient, project: str) -> None:
        """`project` is the name of the compose project; the keeper's own container is among its containers and needs no care."""
        self._client, self._project = client, project
        self._stopped: dict[str, float] = {}

    def keep(self) -> None:
        """Listen until the connection to the Engine ends. Raises DockerException."""
        threading.Thread(target=self._look_after_health, daemon=True).start()
        wanted = {"type": "container", "label": f"{_PROJECT}={self._project}", "event": [_ENDED, _STOPPED]}
        for event in self._client.events(decode=True, filters=wanted):
            self._hear(event)

    def _hear(self, event: Mapping[str, Any]) -> None:
        container, name = event["Actor"]["ID"], event["Actor"]["Attributes"].get("name", "")
        action = event["Action"]
        if action == _STOPPED:
            self._stopped[container] = time.monotonic()
        elif action == _ENDED:
            threading.Timer(PATIENCE, self._start, (container, name, time.monotonic())).start()

    def _look_after_health(self) -> None:
        unhealthy = {"label": f"{_PROJECT}={self._project}", "health": "unhealthy"}
        while True:
            try:
                for found in self._client.api.containers(filters=unhealthy):
                    self._restart(found["Id"], found["Names"][0].removeprefix("/"))
            except (APIError, RequestException) as error:  # it was removed meanwhile, or the Engine is slow
                _log.warning("what does not answer is looked for again in %.0f s: %s", LOOK, error)
            time.sleep(LOOK)

    def _start(self, container: str, name: str, ended: float) -> None:
        # `docker stop` emits kill, die, stop up to Engine 27, and kill, stop, die since 28.
        if self._stopped.pop(container, -PATIENCE) >= ended - PATIENCE:
            return
        with contextlib.suppress(APIError, RequestException):  # it was removed, or somebody was quicker
            found = self._client.api.inspect_container(container)
            if _is_meant_to_run(found) and not (found["State"]["Running"] or found["State"]["Restarting"]):
                _log.info("%s was killed and is started again", name)
                self._client.api.start(container)

    def _restart(self, container: str, name: str) -> None:
        if _is_meant_to_run(self._client.api.inspect_container(container)):
            _log.info("%s does not answer and is started anew", name)
            self._client.api.restart(container)


def _is_meant_to_run(found: Mapping[str, Any]) -> bool:
    return bool(found["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped")


def main() -> None:
    """Look after the project that the first argument names. Ends with one sentence where the Engine does not answer."""
    write_log()
    try:
        client = docker.from_env(timeout=60)
        Watchdog(client, sys.argv[1]).keep()
    except DockerException as error:
        sys.exit(f"the Docker Engine cannot be asked what ends: {error}")


if __name__ == "__main__":
    main()
