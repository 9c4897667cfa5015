"""A deployment to a fleet in a process of its own, which kills itself (SIGKILL) at a step on one of the hosts.

`python -m tests.support.fleet_killer`, told by standard input.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from pipeline_defs.config.home import PROJECT
from pipeline_defs.release.records import Release
from tests.support.fleet import STEPS, Fleet, heard

_SECONDS = 300


def kill(fleet: Fleet, release: Release, step: str, number: int) -> None:
    """Deploy a release, and kill the process as a step begins on the host with this number; there and elsewhere it may go on."""
    servers = [{"host": server.host, "ssh_port": server.ssh_port} for server in fleet.servers]
    told = {"environment": fleet.bed.environment(), "servers": servers, "roles": list(fleet.roles), "number": number}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.fleet_killer"],
        input=json.dumps(told | {"release": release.model_dump(), "step": step}),
        text=True,
        capture_output=True,
        cwd=PROJECT,
        timeout=_SECONDS,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr or done.stdout


def killed_on_the_second(
    fleet: Fleet, before: Release, release: Release, steps: Sequence[str] = STEPS
) -> dict[str, Any]:
    """Deploy once for each step of the second host, with whose begin the process is killed; then whoever comes next brings all back.

    Gives `kill_points`; `mixed_fleets`, after how many of them more than one version ran, or a way back failed; and `mixed`, what
    ran, by step. As a process dies the server may go on for a moment, so that after a late kill all may have come to the new release.
    """
    mixed: dict[str, list[str]] = {}
    for step in steps:
        kill(fleet, release, step, 1)
        back = fleet.rollback(run=f"run-after-{step}")
        if back.error or len(fleet.versions) != 1:
            mixed[step] = [*fleet.versions, back.error or "no error"]
        if fleet.versions != [before.version]:
            fleet.rollback(before)
    return {"kill_points": len(steps), "mixed_fleets": len(mixed), "mixed": mixed}


def main(told: dict[str, Any]) -> None:
    """Deploy until the point; prints what became of it where the point was never reached."""
    registry = SimpleNamespace(password=told["environment"]["SHOP_REGISTRY_PASSWORD"])
    bed = cast(Any, SimpleNamespace(environment=lambda: told["environment"], registry=registry))
    servers = [cast(Any, SimpleNamespace(**server)) for server in told["servers"]]

    killing = heard(told["step"], told["number"], lambda: os.kill(os.getpid(), signal.SIGKILL))
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(bed, servers, Path(folder), told["roles"])
        report = fleet.deploy(Release(**told["release"]), killing, run="run-killed")
    print(f"it was not killed: {report.outcome}, {report.error or 'no error'}")


if __name__ == "__main__":
    main(json.load(sys.stdin))
