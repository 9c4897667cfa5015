"""Recovered: runs of a real Shipline whose processes are killed. Its sensors answer, and its history says what runs."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.deploy.ground import Ground
from benchmarks.github.stack import wait_for
from benchmarks.parts import Failed
from pipeline_defs.cli.local_ports import free_port
from pipeline_defs.server.core.command import script
from pipeline_defs.server.state.facts import gather_facts
from tests.e2e.pipeline import Pipeline
from tests.integration.procedures import WIPE
from tests.support.routed_shop import remove_router, web

STEPS = ("migrate", "beside", "route", "switch", "drain")
"""Amid which a run's process is killed: before anything is changed, and on both sides of the switch."""

_FIRST, _SECOND = "2.0.0", "2.1.0"  # the ground has given 1.0.0 to an image of its own
_SECONDS = 240.0
_PRODUCTION = {"compose": "production.yml", "route": {"health": "/health"}, "watch": 0, "test": None, "e2e": []}

# Ends when one more journal says that the step begins.
_BEGINS = """
count() { cat /opt/shipline/shop/production/journal/*.jsonl 2>/dev/null | grep -c "\\"step\\":\\"$1\\",\\"state\\":\\"doing\\"" || true; }
before=$(count "$1"); echo ready; until [ "$(count "$1")" -gt "$before" ]; do sleep 0.05; done
"""


@dataclass
class Recovered:
    """What was found after the kills, as `DeployKills` has it."""

    broken: list[str] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)
    slowest: float = 0.0


def recovered(ground: Ground, steps: tuple[str, ...] = STEPS) -> Recovered:
    """Kill a deployment amid each of the steps, and wait for what Shipline makes of it by itself."""
    found = Recovered()
    remove_router(ground.server)  # which holds the app's network
    assert ground.server.run(script(WIPE), timeout=120).ok
    with _shipping(ground) as pipeline:
        for version in (_FIRST, _SECOND):
            pipeline.shipline.follow("shop_deploy", pipeline.developer.release(version))
        for step in steps:
            if ground.app.version != _FIRST:
                _run(pipeline, "rollback", "shop", "--to", _FIRST)
            _kill(ground, pipeline, step, found)
    return found


@contextmanager
def _shipping(ground: Ground) -> Iterator[Pipeline]:
    """A running Shipline that looks at the shop's repository, and deploys it behind the router."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(ground.app.shop.bed, Path(folder))
        file = pipeline.apps / "shop.yaml"
        data: Any = yaml.safe_load(file.read_text())
        production = data["environments"]["production"] | _PRODUCTION
        data |= {"lint": ["true"], "test": None, "environments": {"production": production}}
        file.write_text(yaml.safe_dump(data))
        try:
            pipeline.shipline.up(port=free_port())
            pipeline.shipline.wait_for_first_look("shop", "branches")
            yield pipeline
        finally:
            pipeline.shipline.down()


def _run(pipeline: Pipeline, *words: str) -> Any:
    said = pipeline.shipline_says("--json", "run", *words)
    if said.status:
        raise Failed(f"shipline run {' '.join(words)}: {said.error.strip()}")
    return said.data


def _kill(ground: Ground, pipeline: Pipeline, step: str, found: Recovered) -> None:
    ready, killed = threading.Event(), list[float]()

    def kill_amid() -> None:
        begun = ground.server.run(script(_BEGINS, step), timeout=_SECONDS, listen=lambda _ready: ready.set())
        if begun.ok and pipeline.kill_workers():
            killed.append(time.monotonic())

    killer = threading.Thread(target=kill_amid)
    killer.start()
    ready.wait(_SECONDS)
    run = str(_run(pipeline, "deploy", "shop", "--version", _SECOND, "--no-follow")["run"])
    killer.join(_SECONDS)
    if not killed:
        raise Failed(f"the deployment was not killed amid {step}")
    rows = wait_for(
        lambda: pipeline.answer_to(run), _SECONDS, f"nothing answers a deployment that was killed amid {step}"
    )
    found.slowest = max(found.slowest, time.monotonic() - killed[0])
    current, served, states = (
        gather_facts(ground.app.site, ground.server).current,
        ground.app.version,
        web(ground.server),
    )
    if current is None or served != current.version or states != ["running"]:
        found.broken.append(
            f"killed amid {step}: {current.name if current else 'none'} is current, {served} answers: {states}"
        )
    live = [(row["version"], row["digest"]) for row in rows if row["live"]]
    if current is None or live != [(current.version, current.digest)]:
        found.unrecorded.append(f"killed amid {step}: the history says {live}")
