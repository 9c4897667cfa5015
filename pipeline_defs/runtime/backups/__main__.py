"""What `scripts/service` needs of a backup: `python -m pipeline_defs.runtime.backups backup|check|unpack|dump …`.

backup FOLDER FILE KEPT REVISION DUMP…   writes it and prints where; without FILE below FOLDER/backups, where the newest KEPT stay
check FILE                               prints how its tables stand to this Dagster: none, same or older
unpack FILE FOLDER                       makes the folder, without the database
dump FILE                                prints the database
"""

import sys
from pathlib import Path

from pipeline_defs.runtime.backups import archive
from pipeline_defs.runtime.backups.backup_manifest import BadBackup, Kind
from pipeline_defs.runtime.backups.backup_rotation import new_file, remove_old
from pipeline_defs.runtime.backups.create_backup import DUMP, back_up_service
from pipeline_defs.runtime.backups.restore_backup import check, unpack_service
from pipeline_defs.runtime.backups.storage_schema import state


def main(words: list[str]) -> None:
    """Does what the words say. Ends with one sentence and status 1 where it cannot."""
    try:
        match words:
            case ["backup", folder, file, kept, revision, *dump]:
                print(_back_up(Path(folder), file, kept, revision, dump))
            case ["check", file]:
                print(state(check(Path(file), Kind.SERVICE).revision))
            case ["unpack", file, folder]:
                unpack_service(Path(file), Path(folder))
            case ["dump", file]:
                archive.read(Path(file), DUMP, sys.stdout.buffer)
            case _:
                sys.exit(__doc__)
    except BadBackup as error:
        sys.exit(f"service: {error}.")


def _back_up(folder: Path, file: str, kept: str, revision: str, dump: list[str]) -> Path:
    if not kept.isdigit() or int(kept) < 1:
        raise BadBackup(f"SHIPLINE_BACKUPS is {kept!r}: it is how many backups are kept, 1 or more")
    if file:
        back_up_service(folder, Path(file), revision, dump)
        return Path(file)
    named = new_file(folder / "backups")
    back_up_service(folder, named, revision, dump)
    remove_old(named.parent, int(kept))
    return named


if __name__ == "__main__":
    main(sys.argv[1:])
