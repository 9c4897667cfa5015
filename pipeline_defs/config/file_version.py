"""File version: which state of an app's file an app was read from, so that a newer one is noticed, and told."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pipeline_defs.config.settings_file import Stamp, stamp_of, taken_stamp


@dataclass(frozen=True)
class Origin:
    """The state of an app's file, and of the home's `.env`, as they were read.

    Attributes:
        file: the app's file; digest: the first 12 digits of the SHA-256 of its content.
        stamp, settings: the stamps of the file and of `.env`.
    """

    file: Path
    digest: str
    stamp: Stamp
    settings: Stamp

    @classmethod
    def of(cls, file: Path) -> Self:
        """The state now."""
        stamp = stamp_of(file)
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        except OSError:
            digest = ""
        return cls(file, digest, stamp, taken_stamp())

    @property
    def holds(self) -> bool:
        """True while neither file has changed."""
        return stamp_of(self.file) == self.stamp and taken_stamp() == self.settings

    def __str__(self) -> str:
        """`shop.yaml (sha256 0123456789ab, changed 2026-05-04T12:00:00+00:00), .env changed 2026-05-04T11:00:00+00:00`."""
        return f"{self.file.name} (sha256 {self.digest}, changed {_when(self.stamp)}), .env {_settings(self.settings)}"


def _when(stamp: Stamp) -> str:
    return datetime.fromtimestamp(stamp[0] / 1e9, UTC).isoformat(timespec="seconds") if stamp else "never"


def _settings(stamp: Stamp) -> str:
    return f"changed {_when(stamp)}" if stamp else "is not there"
