"""GitHub sensor: what happens to an app's repository starts its jobs. Polling is the truth; a webhook only makes it faster."""

from collections.abc import Mapping, Sequence

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current_config import NotLoaded, current
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.branches_sensor import started_jobs
from pipeline_defs.orchestration.sensors.sensor_tick import Found, by_name, is_preview, tend
from pipeline_defs.orchestration.sensors.tick_order import SECONDS, Turns
from pipeline_defs.runtime.automation.entries import GITHUB

_MOST = 10
"""Apps that one tick asks GitHub about. Each takes three or four requests, and GitHub takes 900 a minute from one account."""

_LONGEST_PAUSE = 60.0
"""Seconds between two looks at an app that GitHub does not tell about."""


def github_sensor(apps: Sequence[App], jobs: Mapping[str, AnyJob], client: GitHubResource) -> dg.SensorDefinition:
    """The sensor `github`. It claims runs itself (launch.py) instead of asking Dagster for them, as the receiver does.

    An app's entry is a GitHubCursor, and goes on only past what was claimed: whatever fails in between is found again.
    """
    rounds: Rounds[Found] = Rounds(GITHUB, SECONDS, _LONGEST_PAUSE)
    turns, named = Turns(_MOST), by_name(apps)

    @dg.sensor(
        name=GITHUB,
        jobs=[jobs[name] for app in apps for name in started_jobs(app)],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Looks at the apps' repositories on GitHub. A move of the development branch: the job integrate, then the rehearsal. A move "
            "of the main branch: a deployment, where auto_deploy is on. A pull request into either: its image is made and tested. The "
            "runs are started while it looks, so its ticks show no run requests but say what was started; a preview starts nothing. To "
            "stop this for one app, webhooks included, use `shipline pause APP`; the switch here stops polling for all."
        ),
    )
    def github(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        # Every run's process loads the sensors; none of them looks, so none has to wait for these imports.
        from pipeline_defs.github.changes.changes_tick import NotLooked, look_once
        from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance

        instance, preview = lasting_instance(context), is_preview(context)

        def look(app: App, entry: str | None) -> Found:
            said, now = look_once(instance, current(app), client, entry, preview=preview)
            return Found(entry=now, said=said)

        return tend(
            context, GITHUB, named, rounds, look, expected=(NotLooked, NotLoaded), pausable=True,
            due=lambda _instance, _entries: turns.next(named),
        )  # fmt: skip

    return github
