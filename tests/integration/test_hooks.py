"""Hooks around deployments and rollbacks, on a real server: what a failure or a kill leaves."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_defs.config.stage_hooks import Hook, Hooks
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.hook_runner import HookRunner
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import done
from tests.support.killed_deployments import DeployKills
from tests.support.killer import Point
from tests.support.routed_shop import Routed

pytestmark = pytest.mark.small_app

MARK = f"hook-of-a-killed-run-{os.getpid()}"
SAYS = 'echo "$SHIPLINE_VERSION of $APP_ENVIRONMENT"'
STUBBORN = "trap '' TERM; while :; do sleep 0.2; done"


def hook(*words: str, where: str = "release", timeout: int = 60) -> Hook:
    return Hook.model_validate({"command": words, "where": where, "timeout": timeout})


def hooked(place: Routed, **hooks: tuple[Hook, ...]) -> Routed:
    return place.changed(hooks=Hooks.model_validate(hooks))


def containers(server: Connection) -> list[str]:
    """The containers in which hooks ran."""
    return server.run(script("docker ps -aq --filter label=shipline.hook"), timeout=30).stdout.split()


@pytest.fixture
def place(routed: Routed, server: Connection, first: Release) -> Iterator[Routed]:
    """The small shop without its database behind a router; the first release serves."""
    made = routed.alone()
    assert deploy(made.task(first), server).error is None
    yield made


@pytest.fixture
def heard() -> list[str]:
    return []


def task(place: Routed, release: Release, heard: list[str]) -> Task:
    return replace(place.task(release), here=HookRunner({"APP_ENVIRONMENT": "here"}), listen=heard.append)


def test_hooks_run_around_a_deployment_and_one_that_fails_after_it_leaves_the_release(
    place: Routed, server: Connection, second: Release, first: Release, heard: list[str]
) -> None:
    both = (hook("sh", "-c", SAYS), hook("sh", "-c", SAYS, where="shipline"))
    fails = hook("sh", "-c", "echo nobody is there >&2; exit 4", where="shipline")
    made = hooked(place, before_deploy=both, after_deploy=(fails, hook("sh", "-c", SAYS)), after_rollback=both[:1])
    given = task(made, second, heard)
    report = deploy(given, server)
    assert (report.outcome, report.error, report.live) == (Outcome.SUCCEEDED, None, given.release)
    assert place.version == "1.1.0"
    [failed] = report.failed_hooks
    assert "step after deploy 1: nobody is there" in failed
    steps = done(server, made.site, given.id)
    assert steps.index("pull") < steps.index("before deploy 1") < steps.index("before deploy 2") < steps.index("beside")
    assert steps[-1] == "after deploy 2" and "after deploy 1" not in steps
    assert [line for line in heard if " of " in line and line.startswith("1.1.0")] == [
        "1.1.0 of production",
        "1.1.0 of here",
        "1.1.0 of production",
    ]
    back = task(made, first, heard)
    report = rollback(back, server)
    assert (report.outcome, report.failed_hooks) == (Outcome.SUCCEEDED, ())
    assert done(server, made.site, back.id)[-1] == "after rollback" and heard[-1] == "1.0.0 of production"
    assert containers(server) == []


@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (hook("sh", "-c", "echo no bucket >&2; exit 3"), "no bucket"),
        (hook("sh", "-c", STUBBORN, timeout=3), "did not end within 3 s"),
        (hook("no-such-program", where="shipline"), "no-such-program"),
    ],
    ids=["in the release", "too long", "here"],
)
def test_one_that_fails_before_the_deployment_changes_nothing(
    place: Routed, server: Connection, second: Release, heard: list[str], fails: Hook, why: str
) -> None:
    report = deploy(task(hooked(place, before_deploy=(fails,)), second, heard), server)
    assert report.outcome is Outcome.FAILED and report.error is not None and why in report.error
    assert (report.changed, report.changes) == (False, ())
    assert place.version == "1.0.0"
    assert containers(server) == []


@pytest.mark.thorough
def test_a_run_that_is_killed_in_a_hook_is_made_good_by_the_next(
    place: Routed, server: Connection, first: Release, second: Release
) -> None:
    slow = hook("sh", "-c", f"sleep 1; : {MARK}", where="shipline")
    made = hooked(place, before_deploy=(hook("sleep", "1"), slow), after_deploy=(hook("sleep", "1"), slow))
    kills = DeployKills(made, server, first, second)
    for point in (
        Point("begin before deploy 1", after=0.5),
        Point("answered before deploy 2: doing", after=0.5),
        Point("answered after deploy 2: doing", after=0.5),
    ):
        kills.kill("deploy", point)
    assert (kills.missed, kills.broken, kills.unrecorded) == ([], [], [])
    assert containers(server) == []
    end = time.monotonic() + 20
    while any(MARK in words for words in command_lines()):
        assert time.monotonic() < end, "a hook outlives its run"
        time.sleep(0.2)


def command_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode(errors="replace")
        except OSError:
            continue
