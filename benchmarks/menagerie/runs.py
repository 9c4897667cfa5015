"""Runs: what Dagster's runs and sensors do with what failed, with tests that did not pass, and with a commit that is there."""

from collections.abc import Callable

import dagster as dg

from benchmarks.menagerie.figures import Figures
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Tell
from pipeline_defs.config.build import ImageTest
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Outcome
from pipeline_defs.release.recovery import MOST
from pipeline_defs.server.core.task import Report
from tests.integration.recovered import deployed, follow
from tests.integration.tested import COMPOSE, PASSES, commit
from tests.integration.tiny import IMAGE, Tiny

_SENSOR = {"app": "tiny", "environment": "production", "dagster/sensor_name": "branches"}

_WAYS_BACK: dict[str, Callable[[Tiny], Report]] = {
    "fails": lambda _tiny: Report(Outcome.FAILED, changed=True, error="unhealthy"),
    "fails and changes nothing": lambda _tiny: Report(Outcome.FAILED, error="the server cannot be reached"),
    "fails its own tests": lambda tiny: Report(Outcome.SUCCEEDED, live=tiny.live, changed=True, unproved="1 failed"),
    "works": lambda tiny: Report(Outcome.SUCCEEDED, live=tiny.live, changed=True),
}

_UNTESTED = {
    "only a failing test is new": ("exit 1\n", COMPOSE),
    "the compose file tests something else": (PASSES, COMPOSE.replace("/tests/run.sh", "-c, 'exit 7'")),
    "no test ran": ("echo \"<testsuite name='a'></testsuite>\" >/results/junit.xml\n", COMPOSE),
    "no results are there": ("true\n", COMPOSE),
}


def recoveries(ground: Ground, tell: Tell) -> Figures:
    """A deployment fails, and so does its way back, in each way there is: whether what is started then ends."""
    endless = 0
    for number, (what, report) in enumerate(_WAYS_BACK.items()):
        with ground.tiny(f"recovery-{number}") as tiny:
            deployed(tiny, "1.0.0")
            tiny.broken, tiny.way_back = "1.1.0", report(tiny)
            made = follow(tiny, deployed(tiny, "1.1.0"))
        tell(f"the way back {what}: {len(made)} recoveries")
        endless += len(made) > MOST
    return {"recoveries_without_end": endless}


def tested(ground: Ground, tell: Tell) -> Figures:
    """Commits that nothing has tested, on an image that is tested: how many are green."""
    green = 0
    with ground.tiny("tested") as tiny:
        tiny.change(test=ImageTest())
        tiny.run("deploy", IMAGE, tiny_image=commit(tiny, "1.0.0", PASSES))
        for number, (what, (run, compose)) in enumerate(_UNTESTED.items(), start=1):
            try:
                tiny.run("deploy", IMAGE, tiny_image=commit(tiny, f"1.0.{number}", run, compose))
                tell(f"{what}: green")
                green += 1
            except dg.Failure as error:
                tell(f"{what}: {error.description}")
    return {"untested_green": green}


def once(ground: Ground, tell: Tell) -> Figures:
    """A person deploys a commit, and sensors ask for the same: how many deployments that makes beyond one."""
    with ground.tiny("once") as tiny:
        wanted = {"commit": tiny.commit("1.0.0", "once"), "branch": "main"}
        tiny.run("deploy", tiny_image=wanted)
        for _ in range(2):
            tiny.tried("deploy", tags=_SENSOR, tiny_image=wanted)
        rows = Lineage(tiny.instance).environment(tiny.app, "production")
    tell(f"one commit, asked for three times: {len(rows)} deployments")
    return {"deployed_twice": len(rows) - 1}
