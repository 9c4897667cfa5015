"""Backup: Shipline's state as one file; of a home, or of the folder of a service together with its database."""

import contextlib
import sqlite3
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.runtime.backups import archive
from pipeline_defs.runtime.backups.backup_contents import of_folder
from pipeline_defs.runtime.backups.backup_manifest import BadBackup, Kind, Manifest

DUMP = "database.dump"
"""In a service's backup: its database, as `pg_dump --format=custom` writes it."""

FOLDERS = ("home", "secrets", "own", "caddy")
"""In the folder of a service, beside `settings`: all of it but the backups."""


def back_up_home(root: Path, file: Path) -> Manifest:
    """Write a home into a file that is not there yet; Shipline may run meanwhile. Raises BadBackup."""
    manifest = _manifest(Kind.HOME, revision_of(root))
    paths = of_folder(root)
    with archive.writing(file, paths) as backup:
        backup.add("home", root)
        for path in paths:
            backup.add(f"home/{path.relative_to(root)}", path)
        backup.finish(manifest)
    return manifest


def back_up_service(folder: Path, file: Path, revision: str, dump: Sequence[str]) -> Manifest:
    """Write a service's folder and database into a file that is not there yet, while the service runs. Raises BadBackup.

    `revision` is that of the database's tables, `dump` the command that prints the database. It comes last: what GitHub delivered is
    looked at twice where the copy of the deliveries is the older one, and not at all if it were the newer one.
    """
    manifest = _manifest(Kind.SERVICE, revision)
    paths = {part: of_folder(folder / part) for part in FOLDERS if (folder / part).is_dir()}
    with archive.writing(file, [path for part in paths.values() for path in part]) as backup:
        backup.add("settings", folder / "settings")
        for part, inside in paths.items():
            for path in (folder / part, *inside):
                backup.add(str(path.relative_to(folder)), path)
        with tempfile.NamedTemporaryFile() as dumped:
            _call(dump, dumped.fileno())
            backup.add(DUMP, Path(dumped.name))
        backup.finish(manifest)
    return manifest


def revision_of(root: Path) -> str:
    """The revision of Dagster's tables in a home with SQLite; empty where there are none."""
    database = root / "history" / "runs.db"
    if not database.exists():
        return ""
    with contextlib.closing(sqlite3.connect(database)) as connection, contextlib.suppress(sqlite3.OperationalError):
        row = connection.execute("select version_num from alembic_version").fetchone()
        return str(row[0]) if row else ""
    return ""  # tables from before they had one


def _manifest(kind: Kind, revision: str) -> Manifest:
    return Manifest(
        kind=kind,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        shipline=version("shipline"),
        commit=_commit(),
        dagster=version("dagster"),
        revision=revision,
        files={},
    )


def _commit() -> str:
    """The commit of this checkout, empty where git cannot tell."""
    with contextlib.suppress(OSError):
        words = ["git", "-C", str(PROJECT), "rev-parse", "HEAD"]
        done = subprocess.run(words, env=plain_environment(), capture_output=True, text=True)
        return done.stdout.strip()
    return ""


def _call(command: Sequence[str], out: int) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"]
        raise BadBackup(f"the database cannot be read: {said[-1]}")
