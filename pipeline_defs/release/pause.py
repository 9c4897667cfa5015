"""Pause: a person's word that nothing of an app is started by itself."""

from pipeline_defs.release.evidence import Record


class Pause(Record):
    """Who paused an app, why, and when.

    Attributes:
        actor: user@machine, or who else it was.
        reason: in the person's words; empty where none was given.
        at: ISO 8601 in UTC.
    """

    actor: str
    reason: str
    at: str

    def __str__(self) -> str:
        """`paused since 2026-05-04T12:00:00+00:00 by ann@desk: we restore the database`."""
        since = f" since {self.at}" if self.at else ""
        return f"paused{since} by {self.actor}{f': {self.reason}' if self.reason else ''}"
