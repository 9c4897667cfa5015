"""Retention: what is kept on a server."""

from pydantic import Field

from pipeline_defs.config.value_types import Model


class Retention(Model):
    """What is kept on the server: the newest of each, and whatever a rollback to the release before needs."""

    backups: int = Field(default=10, ge=1)
    releases: int = Field(default=10, ge=2, description="with their images, as far as they carry the app's label")
    logs: int = Field(default=50, ge=1)
    days: int | None = Field(
        default=None, ge=1, description="what is older goes too, even where the counts would keep it"
    )
