"""Database driver: what every kind of database can do. Commands are built here without a connection and executed as steps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from pipeline_defs.config.database import Database, Sanitize
from pipeline_defs.server.compose.compose_commands import FIND
from pipeline_defs.server.core.command import Command
from pipeline_defs.server.core.site import Site

STATUS = FIND + 'id=$(found "$1" "$2"); if [ -n "$id" ]; then echo "runs as $id"; else echo "does not run"; fi'
"""A program: does the service of a project run?"""

REMOVE_VOLUME = """
for volume in $(docker volume ls -q --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.volume=$2"); do
  docker volume rm -f "$volume"
done
"""
"""A program: remove a volume of a project, found by the project's own label."""


class Driver(ABC):
    """A site's database.

    A backup at `path` is complete when it exists under that name; beside it are `<path>.sha256` and, where rows can be
    counted, `<path>.counts` with a line `table<TAB>rows` for each table, counted in the very snapshot of the backup.
    """

    def __init__(self, site: Site, config: Database) -> None:
        self.site, self.config = site, config

    @property
    @abstractmethod
    def in_container(self) -> bool:
        """True for a service of the compose file, which is started, waited for, and has a volume."""

    @property
    @abstractmethod
    def counts_rows(self) -> bool:
        """True when a copy can be proved by its rows."""

    @abstractmethod
    def status(self) -> Command:
        """Whether the database answers: prints a sentence; its exit status tells only that it could be asked."""

    @abstractmethod
    def room(self, target: Site) -> Command | None:
        """Prints the database's size, and fails with the numbers where the disks lack room for its backup and its copy in `target`.

        None where the size cannot be known.
        """

    @abstractmethod
    def backup(self, path: str) -> Command:
        """Write a backup while the environment serves on: `.partial` first, checksummed, read back, renamed when whole."""

    @abstractmethod
    def empty(self) -> Command:
        """Remove all data. Only for an environment that rehearses."""

    @abstractmethod
    def ready(self) -> Command | None:
        """Wait until connections are taken over the network; None where only the container's own health can tell."""

    @abstractmethod
    def restore(self, path: str) -> Command:
        """Load a backup into the empty database, after its checksum was checked."""

    @abstractmethod
    def prove(self, path: str) -> Command:
        """Compare the rows of each table with those of the backup; fails with the first that differ."""

    @abstractmethod
    def sanitize(self, file: str, how: Sanitize) -> Command:
        """Execute the user's file on the copy."""


def learn_backup(output: str) -> Mapping[str, Any]:
    """What a backup said of itself: `dump_bytes`, `bytes`, `tables` and `rows`, None for what it did not say."""
    said: dict[str, Any] = {"dump_bytes": None, "bytes": None, "tables": None, "rows": None}
    for line in output.splitlines():
        words = line.replace(",", "").split()
        if words[:2] == ["backup", "of"]:
            said["dump_bytes"] = _number(words, "bytes")
            said["bytes"] = _number(words, "database")
            said["tables"], said["rows"] = _number(words, "tables"), _number(words, "rows")
    return said


def _number(words: list[str], unit: str) -> int | None:
    """The number before a unit: `12 tables`."""
    for number, word in pairwise(words):
        if word == unit and number.isdecimal():
            return int(number)
    return None
