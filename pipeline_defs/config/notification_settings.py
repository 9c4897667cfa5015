"""Notification settings: who is sent messages about an app, and about what."""

from typing import Literal

from pydantic import Field

from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.value_types import Model, Name

NotificationType = Literal["deployed", "failed", "rolled_back", "rehearsal_failed", "quarantined", "waits", "drift"]
"""What people can be told of."""


class Notify(Model):
    """Messages to one place: a chat, a mail address, a telephone, or whatever else apprise knows."""

    to: SecretSource = Field(
        description="an address of apprise, such as `slack://…`, `mailtos://…` or `jsons://…`; it holds passwords, so it is a secret"
    )
    on: tuple[NotificationType, ...] = Field(default=(), description="what is told; empty: all of it")
    environments: tuple[Name, ...] = Field(
        default=(), description="of which environments; empty: of all, and of images that could not be made"
    )

    @property
    def place(self) -> str:
        """Where the address stands, which is how people and the memory name it: the address itself is secret."""
        return self.to.env or str(self.to.file)
