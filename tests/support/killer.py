"""A procedure in a process of its own, which kills itself (SIGKILL) at a chosen point: `python -m tests.support.killer`."""

import json
import os
import pickle
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.records import Release
from pipeline_defs.resources.hook_runner import HookRunner
from pipeline_defs.server.core.command import Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.moments import Moments
from tests.support.quick_shop import quick, rehearsal
from tests.support.routed_shop import Routed
from tests.support.shop import Shop, load

_SECONDS = 300


@dataclass(frozen=True)
class Point:
    """When a procedure is killed: at a moment (see `Moments`), the `nth` time that there is one, or `after` so many seconds."""

    moment: str
    nth: int = 1
    after: float = 0.0

    def __str__(self) -> str:
        again = f" no. {self.nth}" if self.nth > 1 else ""
        return f"{self.moment}{again}{f' and {self.after:.1f} s' if self.after else ''}"


def kill(what: str, shop: Shop, release: Release, point: Point, source: Path | None = None) -> str | None:
    """Have a procedure killed: rehearse, deploy or rollback; why it was not, None where it was.

    The latter two are of the shop's own production, with the app's files in the folder `source`.
    """
    told = {
        "what": what,
        "environment": shop.bed.environment(),
        "release": release.model_dump(),
        "point": asdict(point),
        "source": str(source or ""),
        "production": b64encode(pickle.dumps(shop.app.environments["production"])).decode(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killer"],
        input=json.dumps(told),
        text=True,
        capture_output=True,
        cwd=PROJECT,
        timeout=_SECONDS,
    )
    if done.returncode == -signal.SIGKILL:
        return None
    said = (done.stderr or done.stdout).strip().splitlines()
    return said[-1] if said else f"exit status {done.returncode}"


class _Killer:
    """Ends this process as `kill -9` does, at the point."""

    def __init__(self, point: Point) -> None:
        self.point, self.times = point, 0

    def __call__(self, moment: str) -> None:
        self.times += moment == self.point.moment
        if moment != self.point.moment or self.times != self.point.nth:
            return
        if not self.point.after:
            _die()
        threading.Timer(self.point.after, _die).start()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


Procedure = Callable[[Shop, Release, Runner, Path], Report]


def _rehearse(shop: Shop, release: Release, server: Runner, _source: Path) -> Report:
    return rehearse(rehearsal(quick(shop, "staging"), release), server, Site.of(shop.app, "production"))


def _deploy(shop: Shop, release: Release, server: Runner, source: Path) -> Report:
    return deploy(_task(shop, release, source), server)


def _rollback(shop: Shop, release: Release, server: Runner, source: Path) -> Report:
    return rollback(_task(shop, release, source), server)


def _task(shop: Shop, release: Release, source: Path) -> Task:
    return replace(Routed(shop, source).task(release, run=_run()), here=HookRunner({}))


def _run() -> str:
    return f"killed-{secrets.token_hex(4)}"


PROCEDURES: dict[str, Procedure] = {"rehearse": _rehearse, "deploy": _deploy, "rollback": _rollback}


def main(given: dict[str, Any]) -> None:
    """Execute the procedure until the point; prints what became of it where the point was never reached."""
    bed = cast(Any, SimpleNamespace(environment=lambda: given["environment"]))
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(bed, load(bed), Path(folder))
        production = pickle.loads(b64decode(given["production"]))
        environments = {**shop.app.environments, "production": production}
        shop = replace(shop, app=shop.app.model_copy(update={"environments": environments}))
        with shop.server() as server:
            killing = Moments(server, _Killer(Point(**given["point"])))
            procedure = PROCEDURES[given["what"]]
            report = procedure(shop, Release(**given["release"]), killing, Path(given["source"]))
    print(f"it was not killed: {report.outcome}, {report.error or 'no error'}")


if __name__ == "__main__":
    main(json.load(sys.stdin))
