"""Limits of runs: what ends one that hangs comes after all that its stages may take by their own limits."""

import pytest

from pipeline_defs.config import App
from pipeline_defs.orchestration.jobs import jobs_of
from pipeline_defs.server.core.lock import WAIT_SECONDS
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.rehearsal import rehearse_procedure
from pipeline_defs.server.strategies import deploy_procedure, rollback_procedure
from tests.unit.sample import example, facts, release, task, with_environment

LIVE = facts(
    database_up=True,
    database_there=True,
    running=release("1.4.1").reference,
    current=release("1.4.1"),
    folder="/opt/shipline/shop/production/releases/1.4.1",
)


def longest(app: App, job: str) -> int:
    """Seconds after which Dagster ends a run of a job."""
    return next(int(each.tags["dagster/max_runtime"]) for each in jobs_of(app) if each.name == job)


@pytest.mark.parametrize("timeout", [60, 1800, 20_000])
def test_a_run_is_ended_only_after_all_that_its_steps_may_take(timeout: int) -> None:
    app = with_environment(example(), "production", timeout=timeout)
    app = with_environment(app, "staging", timeout=timeout)

    def seconds(steps: list[Step]) -> float:
        return sum(step.within(timeout).timeout for step in steps)

    production = task(app, "production")
    there = seconds(deploy_procedure.plan(production, LIVE))
    back = seconds(rollback_procedure.plan(production, LIVE))
    tried = seconds(rehearse_procedure.plan(task(app, "staging"), facts(), Site.of(app, "production"), LIVE))
    build = app.lint.timeout * 2 + app.build.timeout + app.push.timeout + (app.test.timeout if app.test else 0)
    assert longest(app, "shop_integrate") > build
    assert longest(app, "shop_deploy") > build + WAIT_SECONDS + there + back
    assert longest(app, "shop_rollback") > WAIT_SECONDS + back
    assert longest(app, "shop_stage") > WAIT_SECONDS + tried


def test_an_environment_says_how_long_a_long_step_may_take_and_others_stay_as_they_are() -> None:
    app = example()
    steps = deploy_procedure.plan(task(app, "production"), LIVE)
    changed = {step.name: step.within(7).timeout for step in steps}
    assert changed["pull"] == changed["backup"] == changed["migrate"] == 7
    assert changed["files"] == next(step.timeout for step in steps if step.name == "files") != 7
