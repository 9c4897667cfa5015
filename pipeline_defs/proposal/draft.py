"""Draft: an app's file before it is written, and what is missing before its first release."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Draft:
    """An app's file before it is written.

    Attributes:
        data: its keys and values; `name` is the file's name.
        change: the key paths whose values are only examples.
        missing: what is to be done before the first release, a sentence each.
        secrets: the variables that the home's `.env` has to name.
        files: the text of each file that the repository needs and has not, by its path there.
        secret_folder: where files with secrets lie on Shipline's machine.
        taken: ports that other apps publish.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    change: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    secrets: dict[str, None] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    secret_folder: str = "/etc/shipline"
    taken: frozenset[int] = frozenset()

    def lacks(self, sentence: str) -> None:
        """Remember what is missing, once."""
        if sentence not in self.missing:
            self.missing.append(sentence)

    def secret(self, name: str) -> dict[str, str]:
        """Where a secret is found, by a variable that begins with the app's name."""
        prefix = f"{self.name.upper()}_"
        variable = name if name.upper().startswith(prefix) else f"{prefix}{name}"
        self.secrets[variable] = None
        return {"env": variable}
