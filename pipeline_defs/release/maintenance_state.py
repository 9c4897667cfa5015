"""Maintenance state: people get a page instead of an app, for as long as a person says so. Pure."""

from collections.abc import Sequence

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


def maintained(told: Sequence[Maintenance]) -> Maintenance | None:
    """The word by which an environment is in maintenance now; None where it is not. `told` is in the order in which it was stored."""
    return told[-1] if told and told[-1].on else None
