"""Previews sensor: a preview whose pull request was closed, or whose days are over, is removed by a run of its own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.job_names import pull_job_name
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.pull_leftovers import closed_pulls, sweep_request
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.release.run_tags import PREVIEW, PREVIEW_UNTIL, UP, tag_of

NAME = "previews"
SECONDS = 15
"""At least so long between two looks. A look is one small question while no preview is up."""


def previews_sensor(apps: Sequence[App], jobs: Mapping[str, AnyJob]) -> dg.SensorDefinition:
    """The sensor `previews`. `apps` are those whose pull requests stay up.

    It asks for a run by what the storage says; the run goes by what is on the server. A run that could not do it is followed by another
    one in the next hour.
    """

    @dg.sensor(
        name=NAME,
        jobs=[jobs[pull_job_name(app)] for app in apps],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Removes previews of pull requests that were closed, or whose days are over, also of an app that is paused. Switch it "
        "off and the hourly job housekeeping does it.",
    )
    def previews(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        instance, now = lasting_instance(context), datetime.now(UTC)
        runs = defaultdict[str, list[dg.DagsterRun]](list)
        for run in instance.get_runs(dg.RunsFilter(tags={PREVIEW: UP})):
            runs[run.tags.get("app", "")].append(run)
        requests = [each for app in apps if runs[app.name] for each in _over(instance, app, runs[app.name], now)]
        return dg.SensorResult(run_requests=requests, skip_reason=None if requests else "no preview is over")

    return previews


def _over(
    instance: dg.DagsterInstance, app: App, runs: Sequence[dg.DagsterRun], now: datetime
) -> Iterator[dg.RunRequest]:
    """The run that removes what is over of one app's previews, if anything is."""
    closed = closed_pulls(instance, app)
    over = {run.run_id: int(run.tags["pull_request"]) for run in runs if _is_over(run, closed, now)}
    if over:
        named = ", ".join(f"#{pull}" for pull in sorted(over.values()))
        key = f"{'-'.join(sorted(run[:8] for run in over))}:{now:%Y-%m-%dT%H}"
        reason = f"the previews of pull requests {named} are over"
        yield sweep_request(app, reason, f"sensor {NAME}", key, sorted(closed & set(over.values())))


def _is_over(run: dg.DagsterRun, closed: set[int], now: datetime) -> bool:
    number, until = run.tags.get("pull_request", ""), tag_of(run.tags, PREVIEW_UNTIL)
    return number.isdecimal() and (int(number) in closed or (until != "" and datetime.fromisoformat(until) < now))
