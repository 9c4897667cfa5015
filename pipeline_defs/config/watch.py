"""Watch: how long a release is looked at while it serves, before there is no way back."""

from typing import Any

from pydantic import Field, model_validator

from pipeline_defs.config.value_types import Model


class Watch(Model):
    """How long, and what is too much. Written as a mapping, or short as the seconds."""

    seconds: int = Field(
        default=10,
        ge=0,
        le=3600,
        description="for which the older container stays and requests go to the new one; 0: not at all",
    )
    errors: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="behind a route: the share of requests that may fail (status 5xx); more of them, and three at least, go back",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_seconds(cls, value: Any) -> Any:
        return {"seconds": value} if type(value) is int else value


OFF = Watch(seconds=0)
