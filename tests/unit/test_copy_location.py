"""A rehearsal is refused where its copy of production's database could not be removed from the disk again."""

import pytest

from pipeline_defs.config import Database
from pipeline_defs.config.database import DatabaseCommands
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.copy_location import copy_stays
from tests.unit.sample import example, with_environment

DATA = "/var/lib/postgresql/data"
COMMANDS = Database(commands=DatabaseCommands(backup=("dump",), restore=("load",)))
VOLUMES = """
volumes:
  db-data: {}
  pgdata: {}
  outside: {external: true, name: shop_pg}
  folder: {driver_opts: {type: none, o: bind, device: /srv/copy}}
"""


def stays(volume: str, database: Database | None = None, more: str = "") -> list[str]:
    changes = {} if database is None else {"database": database}
    site = Site.of(with_environment(example(), "staging", **changes), "staging")
    mounts = f"volumes: ['{volume}']" if volume else ""
    model = read_model(f"services:\n  db:\n    image: postgres:15\n    {mounts}\n    {more}\n{VOLUMES}", site.project)
    return list(copy_stays(site, model))


@pytest.mark.parametrize(
    ("volume", "more"),
    [
        (f"db-data:{DATA}", ""),
        ("db-data:/var/lib/postgresql", ""),
        ("", ""),
        ("", f"tmpfs: [{DATA}]"),
        ("./init.sql:/docker-entrypoint-initdb.d/10-init.sql:ro", ""),
        ("pgdata:/backups", ""),
        (DATA, ""),
    ],
)
def test_a_copy_that_can_be_removed(volume: str, more: str) -> None:
    assert stays(volume, more=more) == []


@pytest.mark.parametrize(
    ("volume", "more", "said"),
    [
        (f"/srv/staging/pgdata:{DATA}", "", f"/srv/staging/pgdata of the service db; mount a volume of its own there: db-data:{DATA}"),
        ("/srv/pg:/var/lib/postgresql", "", "the folder /srv/pg of the service db"),
        (f"outside:{DATA}", "", "the external volume shop_pg of the service db"),
        (f"folder:{DATA}", "", "the folder /srv/copy, which the volume folder stands for; remove its driver_opts"),
        (f"pgdata:{DATA}", "", "since database.volume is db-data; write volume: pgdata under database"),
        ("/srv/pg:/pg", "environment: {PGDATA: /pg/15}", "the folder /srv/pg of the service db"),
    ],
)  # fmt: skip
def test_a_copy_that_would_stay(volume: str, more: str, said: str) -> None:
    (found,) = stays(volume, more=more)
    assert said in found


def test_another_kind_of_database_may_not_keep_its_data_in_a_folder_either() -> None:
    assert stays("db-data:/var/lib/mysql", COMMANDS) == []
    assert "the folder /srv/mysql" in stays("/srv/mysql:/var/lib/mysql", COMMANDS)[0]
    assert stays("./my.cnf:/etc/mysql/my.cnf", COMMANDS) == []
