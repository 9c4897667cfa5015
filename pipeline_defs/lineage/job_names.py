"""Job names: what the jobs of an app are called in Dagster's storage."""

from pipeline_defs.config import App
from pipeline_defs.release import request
from pipeline_defs.release.request import Job


def job_name(app: App, job: Job, environment: str = "") -> str:
    """The name of an app's job, as requests know it."""
    return request.job_name(app.name, job, environment, app.deployed)
