"""Pull leftovers: which pull requests are being rehearsed; what of others is on a server was left by a run that was killed."""

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.lineage.job_names import pull_job_name
from pipeline_defs.runtime.run_statuses import UNFINISHED


def busy_pulls(instance: dg.DagsterInstance, app: App) -> set[int]:
    """The numbers of the app's pull requests that are rehearsed now, or wait for it."""
    wanted = dg.RunsFilter(job_name=pull_job_name(app), statuses=list(UNFINISHED))
    numbers = [run.tags.get("pull_request", "") for run in instance.get_runs(wanted)]
    return {int(number) for number in numbers if number.isdecimal()}
