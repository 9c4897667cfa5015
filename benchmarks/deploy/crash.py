"""Crash: a version that crashes again and again is refused soon, one that is never healthy in its time, each with its last words."""

import contextlib
import threading
import time
from collections import Counter
from types import TracebackType

from benchmarks.deploy.asking import asking
from benchmarks.deploy.figures import Figures
from benchmarks.deploy.ground import Ground
from benchmarks.parts import Failed, Tell
from pipeline_defs.config.testing import Health
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import ServerError, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.moments import Moments
from tests.support.routed_shop import Routed

_SERVED = "app = FastAPI("  # migrations do not need it, and are made
_CRASHES = ("shop/main.py", _SERVED, f'raise SystemExit("the moon is in the wrong house")\n{_SERVED}')
_SICK = ("shop/routes/status.py", '"/health"', '"/the-moon"')

HEALTH_SECONDS = 20
_SPARE_SECONDS = 10.0
"""Until the container is there, and between two looks at it."""

_STARTS = """
exec timeout 300 docker events --filter event=start --filter "label=com.docker.compose.project=$1" \\
  --filter "label=com.docker.compose.service=$2" --format '{{.Actor.ID}}'
"""


def measure(ground: Ground, tell: Tell) -> Figures:
    """Deploy both, while people ask for the release that serves on."""
    app = ground.app.changed(health=Health(timeout=HEALTH_SECONDS))
    crashing, sick = app.shop.release("1.2.0", _CRASHES), app.shop.release("1.2.1", _SICK)
    with asking(app.url) as asked:
        with _Starts(app) as starts:
            begun, refused = _refused(app, ground.server, crashing, "crashes again and again", "the moon is in")
        restarted = starts.second_restart()
        tell(f"the one that crashes was refused {refused - restarted:.1f} s after its second restart")
        begun, in_time = _refused(app, ground.server, sick, "healthy", "404 Not Found")
        tell(f"the one that is not healthy was refused after {in_time - begun:.1f} s; it had {HEALTH_SECONDS}")
    if in_time - begun > HEALTH_SECONDS + _SPARE_SECONDS:
        raise Failed(f"it took {in_time - begun:.0f} s to refuse what is not healthy within {HEALTH_SECONDS} s")
    if asked.failed:
        raise Failed(f"{len(asked.failed)} requests failed meanwhile, first {asked.failed[0]}")
    return {"crash_loop_refused_s": round(refused - restarted, 1)}


def _refused(app: Routed, server: Connection, release: Release, *words: str) -> tuple[float, float]:
    """When it was begun to wait for the release's health, and when that was refused with these words. Raises Failed where not."""
    times: dict[str, float] = {}
    watched = Moments(server, lambda moment: times.update({moment: time.monotonic()}))
    before = app.version
    error = deploy(app.task(release, run=f"crash-{release.version}"), watched).error or "it was deployed"
    if "step healthy" not in error or not all(word in error for word in words):
        raise Failed(f"{release.version} was not refused for its health and with its last words: {error}")
    again = rollback(app.task(None, run=f"after-{release.version}"), server)
    if again.error or app.version != before:
        raise Failed(f"what ran before {release.version} does not run: {again.error or app.version}")
    return times["begin healthy"], times["end healthy"]


class _Starts:
    """Hears on the server, while the block runs, when containers of the routed service are started."""

    def __init__(self, app: Routed) -> None:
        self._app = app
        self._starts: list[tuple[float, str]] = []

    def __enter__(self) -> "_Starts":
        self._server = Connection(self._app.site.config.host)
        self._server.open()
        self._thread = threading.Thread(target=self._hear, args=(self._app.site,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        self._thread.join(10)

    def second_restart(self) -> float:
        """When a container was started for the third time. Raises Failed where none was."""
        times: Counter[str] = Counter()
        for at, container in self._starts:
            times[container] += 1
            if times[container] == 3:
                return at
        raise Failed("no container was restarted twice")

    def _hear(self, site: Site) -> None:
        wanted = script(_STARTS, site.project, site.config.service)
        with contextlib.suppress(ServerError):  # it ends with its connection
            self._server.run(wanted, timeout=600, listen=lambda line: self._starts.append((time.monotonic(), line)))
