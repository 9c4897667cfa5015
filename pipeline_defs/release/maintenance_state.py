"""Maintenance state: people get a page instead of an app, for as long as a person says so. Pure."""

from pipeline_defs.release.evidence import Record


class Maintenance(Record):
    """A person's word on whether an environment is in maintenance.

    `actor` is who says so, `message` what people read, `at` when, ISO 8601 in UTC.
    """

    app: str
    environment: str
    on: bool
    actor: str
    message: str = ""
    at: str
