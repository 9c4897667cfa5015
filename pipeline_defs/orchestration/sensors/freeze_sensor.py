"""Freeze sensor: what a freeze or a rehearsal has held back is deployed once that has ended."""

import time
from collections.abc import Mapping, Sequence
from functools import partial

import dagster as dg
from dagster import DagsterRun

from pipeline_defs.config import App
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.current_config import NotLoaded, current
from pipeline_defs.deployments.admission import ask
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.job_names import job_name
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.op_run import write_down
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.orchestration.sensors.sensor_tick import Found, by_name, tend
from pipeline_defs.orchestration.sensors.staging_sensor import of_change
from pipeline_defs.release.admission_rules import Requester
from pipeline_defs.release.backoff import pause
from pipeline_defs.release.history import Row, waiting
from pipeline_defs.release.records import Outcome
from pipeline_defs.release.request import FREEZE, NOTHING, REHEARSAL, WAITS_FOR, Job, Request
from pipeline_defs.release.run_tags import TIMES, tag_of
from pipeline_defs.runtime.automation.entries import FREEZE as FREEZES
from pipeline_defs.runtime.run_statuses import UNFINISHED

AFTER = "after"
"""The run tag that names the run which a freeze has held back."""

SECONDS = 9
"""At least so long between two looks. A look at nothing is one small question."""

_ENDED = {Outcome.FROZEN.value: "the freeze has ended", Outcome.WAITING.value: "its rehearsal has passed"}

_MOST = 50  # runs of one environment that wait
_MOST_OF_ALL = 1000  # runs that wait, of all apps
_LONGEST_PAUSE = 300.0


def freeze_sensor(apps: Sequence[App], jobs: Mapping[str, AnyJob]) -> dg.SensorDefinition:
    """The sensor `freeze`: of the runs with the tag `waits_for`, the newest is deployed, the others are overtaken.

    What waits stands in the storage alone: a run that found the freeze has written so and ended. Whoever comes after a restart finds
    it there. The key of the run that follows is the id of the one that waited, so it comes once. `apps` are those with environments
    that are deployed to.
    """
    named, rounds = by_name(apps), Rounds[Found](FREEZES, SECONDS, _LONGEST_PAUSE)

    @dg.sensor(
        name=FREEZES,
        jobs=[jobs[job_name(app, Job.DEPLOY, environment)] for app in apps for environment in app.deployed],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Deploys what was made while an environment was frozen, or the release was being rehearsed, once that has ended: the newest "
            "of it. For an app that is paused it waits until the app is resumed."
        ),
    )
    def freeze(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        instance = lasting_instance(context)
        waiting = instance.get_runs(dg.RunsFilter(tags={WAITS_FOR: [FREEZE, REHEARSAL]}), limit=_MOST_OF_ALL)
        whose = set(named) if len(waiting) == _MOST_OF_ALL else {run.tags.get("app", "") for run in waiting}
        return tend(
            context, FREEZES, named, rounds, partial(_look, instance), expected=(ShiplineError, NotLoaded), pausable=True,
            idle="nothing waits for a freeze or a rehearsal to end", due=lambda _instance, _entries: whose,
        )  # fmt: skip

    return freeze


def _look(instance: dg.DagsterInstance, loaded: App, _entry: str | None) -> Found:
    """What of one app waits, and whether it waits no more. Raises NotLoaded."""
    app = current(loaded)  # a run goes by the file as it is, and so does who starts it
    requests: list[dg.RunRequest] = []
    said: list[str] = []
    for environment in loaded.deployed:
        runs = _held_back(instance, app, environment)
        if runs:
            request, what = _answer(instance, app, environment, runs)
            requests += [request] if request else []
            said.append(f"{environment}: {what}")
    return Found(requests=requests, said="; ".join(said))


def _held_back(instance: dg.DagsterInstance, app: App, environment: str) -> Sequence[DagsterRun]:
    """The runs that wait, newest first: one small question, as most looks find none."""
    wanted = {"app": app.name, "environment": environment, WAITS_FOR: [FREEZE, REHEARSAL]}
    return instance.get_runs(dg.RunsFilter(tags=wanted), limit=_MOST)


def _answer(
    instance: dg.DagsterInstance, app: App, environment: str, runs: Sequence[DagsterRun]
) -> tuple[dg.RunRequest | None, str]:
    """The run to be started now, if there is one, and a sentence about it."""
    target = environment_key(app.name, environment).to_user_string()
    if instance.get_runs(dg.RunsFilter(tags={"target": target}, statuses=list(UNFINISHED)), limit=1):
        return None, "waits for the run that changes it"
    lineage = Lineage(instance)
    row = waiting(lineage.environment_status(app, environment).rows)
    newest = next((run for run in runs if row is not None and run.run_id == row.run), None)
    followed = newest is not None and instance.get_runs(dg.RunsFilter(tags={AFTER: newest.run_id}), limit=1)
    for run in runs:
        if run is not newest or followed:
            instance.add_run_tags(run.run_id, {WAITS_FOR: NOTHING})
    if row is None or newest is None or followed:
        return None, "what waited is answered"
    if answer := _not_admitted(instance, lineage, app, row, newest):
        return None, answer
    if rest := _rest(instance, newest):
        return None, f"was held back again although no freeze is seen from here; tried again in {rest:.0f} s"
    return _request(app, environment, newest, row), f"{row.version} is deployed"


def _not_admitted(instance: dg.DagsterInstance, lineage: Lineage, app: App, row: Row, run: DagsterRun) -> str | None:
    """Why what waits is not deployed now, or, as is then written down, not by itself at all; None where it may be.

    What waited for a freeze and now finds its rehearsal under way gets its run, which writes down that it waits for that.
    """
    record = next(each for each in lineage.deployments(app, row.environment) if each.id == row.id)
    waited = row.outcome == Outcome.WAITING
    through = row.freeze_overridden is not None
    requester = Requester(automatic=True, override_freeze=through, reason=row.reason, waited_for_rehearsal=waited)
    found = ask(app, row.environment, record.release, lineage, requester)
    if found.refusal:
        write_down(instance, record.model_copy(update={"outcome": Outcome.FAILED, "error": found.refusal}))
        instance.add_run_tags(run.run_id, {WAITS_FOR: NOTHING})
        return f"{row.version}: {found.refusal}"
    holds = found.waits_until
    return holds.sentence if holds and (waited or holds.outcome is Outcome.FROZEN) else None


def _rest(instance: dg.DagsterInstance, run: DagsterRun) -> float:
    """Seconds that a run still rests which was held back for the third time or more: 1, 2, 4 … 60 minutes. A freeze that begins just
    as one has ended holds a run back for the second time.
    """
    times = _times(run)
    record = instance.get_run_record_by_id(run.run_id) if times > 1 else None
    if record is None or record.end_time is None:
        return 0.0
    return max(0.0, record.end_time + pause(times - 2, 60.0, 3600.0) - time.time())


def _times(run: DagsterRun) -> int:
    """How often what a run deploys was held back before it."""
    number = tag_of(run.tags, TIMES, "0")
    return int(number) if number.isdecimal() else 0


def _request(app: App, environment: str, run: DagsterRun, row: Row) -> dg.RunRequest:
    request = Request(
        app=app.name,
        job=Job.DEPLOY,
        environment=environment,
        version=row.version,
        commit=row.commit,
        branch=run.tags.get("branch", ""),
        reason=f"{_ENDED[row.outcome]}; {row.reason}".removesuffix("; "),
        actor=row.actor,
        override_freeze=row.freeze_overridden is not None,
        change=run.tags.get("change", ""),
    )
    return dg.RunRequest(
        run_key=run.run_id,
        job_name=job_name(app, Job.DEPLOY, environment),
        run_config=request.run_config(),
        tags={**request.run_tags(), **of_change(run), AFTER: run.run_id, TIMES: str(_times(run) + 1)},
        asset_selection=[dg.AssetKey(name) for name in request.assets],
        asset_check_keys=[],
    )
