"""`shipline backup`, `restore` and `upgrade`: the home of this Shipline as one file, and its tables brought to a newer Dagster."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from filelock import FileLock, Timeout
from rich.text import Text

from pipeline_defs.cli.cli_output import Failed, Output, last_line
from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT

BACKUP_EXAMPLE = "Example: shipline backup /mnt/backups/shipline.tar.gz"
RESTORE_EXAMPLE = "Example: shipline restore /mnt/backups/shipline.tar.gz"
UPGRADE_EXAMPLE = "Example: shipline upgrade && shipline up --detach"


def backup(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A file that is not there yet; below `backups` in the home by default.")
    ] = None,
) -> None:
    """Write the home into one file: runs, history, settings with their secrets, apps' files in it. Shipline may run meanwhile.

    It is readable for you alone. Apps' databases are not in it: their backups are on the servers.
    """
    output: Output = context.obj
    home = _home("backup")
    written = _back_up(home, file)
    output.result({"file": str(written)}, Text(f"The backup is {written}; it holds secrets."))


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `shipline backup` wrote, here or on another machine.")],
) -> None:
    """Make the home from a backup, where there is none yet. Nothing is changed where the backup is damaged or of a newer Shipline."""
    from pipeline_defs.runtime.backups import storage_schema
    from pipeline_defs.runtime.backups.restore_backup import restore_home

    output: Output = context.obj
    home = _home("restore")
    manifest = restore_home(file.absolute(), home.root)
    older = storage_schema.state(manifest.revision) is storage_schema.State.OLDER
    then = "shipline upgrade" if older else "shipline up"
    data = {"home": str(home.root), "made": manifest.made, "commit": manifest.commit, "then": then}
    output.result(data, Text(f"{home.root} is as it was at {manifest.made}. Go on with: {then}"))


def upgrade(context: typer.Context) -> None:
    """Bring the home's tables to this version of Shipline, after a backup. When that fails, they are as they were.

    `shipline up` says so when it is needed, which it is after some new versions of Dagster only.
    """
    from pipeline_defs.runtime.backups import storage_schema
    from pipeline_defs.runtime.backups.create_backup import revision_of
    from pipeline_defs.runtime.backups.restore_backup import put_back_tables

    output: Output = context.obj
    home = _home("upgrade")
    with _stopped(home):
        if storage_schema.state(revision_of(home.root)) is not storage_schema.State.OLDER:
            _prepare(home)
            output.result({"upgraded": False}, Text("There is nothing to upgrade."))
            return
        file = _back_up(home, None)
        output.say(f"The backup is {file}.")
        try:
            _prepare(home, "upgrade")
        except Failed as error:
            put_back_tables(file, home.root)
            raise Failed(f"the upgrade failed, and all is as it was before ({file} too): {error}") from None
    output.result({"upgraded": True, "backup": str(file)}, Text("The tables are upgraded. Go on with: shipline up"))


def _home(command: str) -> Home:
    """The home of this process. Raises Failed in a container, where the home is but a part."""
    if os.environ.get("SHIPLINE_SERVICE"):
        raise Failed(
            f"Shipline runs as a service here: say make {command} on its machine, where its database is included"
        )
    return Home.find()


@contextmanager
def _stopped(home: Home) -> Iterator[None]:
    """Keeps Shipline from being started meanwhile. Raises Failed where it runs, or where there is no home."""
    if not home.root.is_dir():
        raise Failed(
            f"there is no Shipline in {home.root}: start one with shipline up, or name another by SHIPLINE_HOME"
        )
    try:
        with FileLock(home.root / "up.lock", timeout=0):
            yield
    except Timeout:
        raise Failed("Shipline runs; end it first with: shipline down") from None


def _back_up(home: Home, file: Path | None) -> Path:
    """Write the home into this file, or into one below the home of which the newest stay."""
    from pipeline_defs.runtime.backups.backup_rotation import new_file, remove_old
    from pipeline_defs.runtime.backups.create_backup import back_up_home

    if not home.root.is_dir():
        raise Failed(f"there is no Shipline in {home.root}: name another by SHIPLINE_HOME")
    if file is not None:
        back_up_home(home.root, file.absolute())
        return file
    named = new_file(home.root / "backups")
    back_up_home(home.root, named)
    remove_old(named.parent)
    return named


def _prepare(home: Home, *words: str) -> None:
    """Have another process open the storage: only there may Dagster print what it likes. Raises Failed."""
    command = [sys.executable, "-m", "pipeline_defs.runtime.startup", *words]
    done: Any = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"Dagster's storage in {home.root} cannot be opened: {last_line(done.stderr)}")
