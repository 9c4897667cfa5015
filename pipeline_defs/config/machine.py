"""Machine: a computer that is reached over SSH: a server, or one that builds."""

import re
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from pipeline_defs.config.value_types import Model

_MACHINE = re.compile(r"((?P<user>[^@\s]+)@)?(\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^@:\s]+))(:(?P<port>[0-9]+))?")


class Machine(Model):
    """A computer that is reached over SSH. Written as a mapping, or short as `user@address:port`."""

    address: str = Field(min_length=1, description="name or IP address")
    port: int = Field(default=22, ge=1, le=65535, description="of its SSH server")
    user: str = Field(
        default="root",
        description="must be allowed to use the Docker Engine and, on a server, to write to the environment's directory",
    )
    key: Path | None = Field(
        default=None, description="private key file; without it the SSH agent and the usual keys are tried"
    )
    known_hosts: Path = Field(
        default=Path("~/.ssh/known_hosts"), description="host keys that are trusted; an unknown one is refused"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _MACHINE.fullmatch(value)
        if match is None:
            raise ValueError("user@address:port, of which user and port may be left out")
        given = {"address": match["v6"] or match["name"], "user": match["user"], "port": match["port"]}
        return {key: part for key, part in given.items() if part is not None}

    @property
    def place(self) -> tuple[str, int]:
        """What makes it the same machine as another one."""
        return self.address, self.port

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.user}@{address}:{self.port}"
