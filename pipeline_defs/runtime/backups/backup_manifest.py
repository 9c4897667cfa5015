"""Backup manifest: what a backup of Shipline says of itself."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_defs.config.base_error import ShiplineError

NAME = "manifest.json"
"""Its name in the backup, where it stands last: a file that has one was written to its end."""

_FORM = 1  # raised with every change after which an older Shipline could not read a backup any more


class BadBackup(ShiplineError):
    """A backup cannot be written, read or used; the message is one sentence."""


class Kind(StrEnum):
    """What a backup is of: the home of `shipline up`, or the folder of `make up` with its database."""

    HOME = "home"
    SERVICE = "service"


class Manifest(BaseModel):
    """Where a backup comes from, and the checksums by which it is known to be whole.

    Attributes:
        made: when it was begun, ISO 8601 in UTC.
        shipline, dagster: their versions; commit: of Shipline's checkout, empty where that is not known.
        revision: that of Dagster's tables, empty where there are none yet.
        files: SHA-256 of each file by its name in the backup; of a symbolic link where it leads, after `-> `.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    made: str
    shipline: str
    commit: str
    dagster: str
    revision: str
    files: dict[str, str]
    form: int = _FORM

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Reads what `model_dump_json` wrote. Raises BadBackup."""
        try:
            form = _Form.model_validate_json(text).form
            if form > _FORM:
                raise BadBackup(f"it was made by a newer Shipline (form {form}, this one knows {_FORM}): use that one")
            return cls.model_validate_json(text)
        except ValidationError:
            raise BadBackup(f"its {NAME} cannot be read: it was not made by Shipline, or is damaged") from None

    def compare(self, found: dict[str, str]) -> None:
        """Raises BadBackup where what a backup holds is not what was put into it."""
        differing = sorted(name for name in self.files.keys() | found.keys() if self.files.get(name) != found.get(name))
        if differing:
            raise BadBackup(f"{differing[0]} in it is not what was put there: it is damaged, take another one")


class _Form(BaseModel):
    """The one thing that manifests of all forms have."""

    form: int
