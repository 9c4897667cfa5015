"""The schedule of the job `housekeeping`."""

import dagster as dg


def housekeeping_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """The schedule `housekeeping_every_hour`. Switch it off and the disk fills."""
    return dg.ScheduleDefinition(
        name="housekeeping_every_hour",
        job=job,
        cron_schedule="23 * * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Keeps clones, images of builds, BuildKit's cache and output of old runs within the home's limits.yaml.",
    )
