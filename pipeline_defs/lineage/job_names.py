"""Job names: what the jobs of an app are called in Dagster's storage."""

from pipeline_defs.config import App
from pipeline_defs.release import request
from pipeline_defs.release.request import Job


def job_name(app: App, job: Job, environment: str = "") -> str:
    """The name of an app's job, as requests know it."""
    return request.job_name(app.name, job, environment, app.deployed)


def pull_job_name(app: App) -> str:
    """The name of the job that rehearses an app's pull requests."""
    return f"{job_name(app, Job.STAGE)}_pull"
