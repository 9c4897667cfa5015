"""Report sensor: GitHub shows how it went. Nothing waits for it: what GitHub could not be told is told later."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current_config import current_or_loaded
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.orchestration.sensors.sensor_tick import Found, by_name, is_preview, tend
from pipeline_defs.orchestration.sensors.storage_activity import Activity
from pipeline_defs.orchestration.sensors.tick_order import SECONDS
from pipeline_defs.runtime.automation.entries import GITHUB, REPORT, read_entries

if TYPE_CHECKING:
    from pipeline_defs.github.reports.shipped_changes import Shipped

_LONGEST_PAUSE = 300.0


def report_sensor(apps: Sequence[App], github: GitHubResource) -> dg.SensorDefinition:
    """The sensor `report`. It compares the storage with what GitHub was told, and starts no job. `apps` are those on GitHub.

    The stages know nothing of it, so that GitHub out of reach fails no deployment and slows none down. An app's entry is the memory of
    what was told; without one it begins with what changes from now on.
    """
    named, rounds, activity = by_name(apps), Rounds[Found](REPORT, SECONDS, _LONGEST_PAUSE), Activity()
    ranges: dict[str, dict[str, Shipped]] = defaultdict(dict)
    noticed: dict[str, str] = {}

    @dg.sensor(
        name=REPORT,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Tells GitHub how the apps' runs go: statuses, deployments, a comment on the pull request, releases, and word to issues. "
            "Switch it off and GitHub hears nothing; what happens meanwhile is told once it is on again. Single kinds are switched off "
            "in an app's file: github.report."
        ),
    )
    def report(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        # Every run's process loads the sensors; none of them looks, so none has to wait for these imports.
        from pipeline_defs.github.reports.reports_tick import has_work, tell

        if is_preview(context):
            return dg.SkipReason("a preview tells GitHub nothing")
        instance = lasting_instance(context)

        def due(_: dg.DagsterInstance, entries: Mapping[str, str]) -> set[str]:
            changed = activity.apps(instance)
            seen = read_entries(instance, named, GITHUB)[GITHUB]  # pull requests that wait are told, too
            new = {name for name in named if seen.get(name) != noticed.get(name)}
            noticed.update(seen)
            if changed is None:
                return set(named)
            return {name for name in named if name in changed | new or name not in entries or has_work(entries[name])}

        def look(app: App, entry: str | None) -> Found:
            said, now = tell(instance, current_or_loaded(app), github, entry, ranges[app.name])
            return Found(entry=now, said=said)

        return tend(context, REPORT, named, rounds, look, due=due)

    return report
