"""A storage of an older Dagster, in SQLite and in PostgreSQL: refused until it is upgraded, and then nothing of it is missing."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance
from filelock import FileLock

from pipeline_defs.config.home import PROJECT
from tests.support.old_storage import POSTGRES, assert_all_is_there, make_home
from tests.support.postgres import postgres


def call(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A Python module of the project, for this home."""
    environment = {name: value for name, value in os.environ.items() if name != "SHIPLINE_SERVICE"}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=PROJECT,
        env=environment | {"SHIPLINE_HOME": str(home)},
        capture_output=True,
        text=True,
    )


def shipline(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return call(home, "pipeline_defs.cli.main", "--json", *words)


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    """A home with SQLite whose tables are old."""
    make_home(tmp_path / "home")
    return tmp_path / "home"


def test_an_old_home_is_upgraded_by_one_command_after_a_backup(old_home: Path) -> None:
    refused = shipline(old_home, "up", "--detach")
    assert "its tables are of an older version (ec80dd91891a): say shipline upgrade" in refused.stderr
    told = json.loads(shipline(old_home, "upgrade").stdout)
    assert told["upgraded"]
    assert Path(told["backup"]).parent == old_home / "backups"
    assert call(old_home, "pipeline_defs.runtime.startup").returncode == 0
    with DagsterInstance.from_config(str(old_home)) as instance:
        assert_all_is_there(instance)
    rows = json.loads(shipline(old_home, "history", "blog").stdout)
    assert [(row["version"], row["outcome"]) for row in rows] == [
        ("1.1.0", "succeeded"), ("1.2.0", "failed"), ("1.1.0", "succeeded"), ("1.0.0", "succeeded"),
    ]  # fmt: skip
    assert json.loads(shipline(old_home, "upgrade").stdout) == {"upgraded": False}


@pytest.mark.thorough
def test_a_backup_of_an_old_home_says_how_to_go_on(old_home: Path, tmp_path: Path) -> None:
    assert shipline(old_home, "backup", str(tmp_path / "backup.tar.gz")).returncode == 0
    again = tmp_path / "again"
    assert json.loads(shipline(again, "restore", str(tmp_path / "backup.tar.gz")).stdout)["then"] == "shipline upgrade"
    assert json.loads(shipline(again, "upgrade").stdout)["upgraded"]
    with DagsterInstance.from_config(str(again)) as instance:
        assert_all_is_there(instance)


def test_an_upgrade_that_fails_leaves_the_tables_as_they_were(old_home: Path) -> None:
    """The migration meets something of the same name in the way, after it has changed other tables already."""
    in_the_way = sqlite3.connect(old_home / "schedules" / "schedules.db")
    in_the_way.execute("create table alembic_version_new (x)")
    in_the_way.execute("delete from alembic_version")
    in_the_way.execute("insert into alembic_version values ('ec80dd91891a'), ('567bc23fd1ac')")
    in_the_way.commit()
    in_the_way.close()
    done = shipline(old_home, "upgrade")
    assert done.returncode == 1
    assert "the upgrade failed, and all is as it was before" in done.stderr
    runs = sqlite3.connect(old_home / "history" / "runs.db")
    assert runs.execute("select version_num from alembic_version").fetchall() == [("ec80dd91891a",)]
    runs.close()


@pytest.mark.thorough
def test_tables_of_a_newer_version_are_left_alone(old_home: Path) -> None:
    runs = sqlite3.connect(old_home / "history" / "runs.db")
    runs.execute("update alembic_version set version_num = 'ffffffffffff'")
    runs.commit()
    runs.close()
    for words in (["up", "--detach"], ["upgrade"]):
        assert "its tables are of a newer version (ffffffffffff)" in shipline(old_home, *words).stderr


def test_a_home_that_is_in_use_is_not_upgraded(old_home: Path) -> None:
    with FileLock(old_home / "up.lock"):
        assert "Shipline runs; end it first with: shipline down" in shipline(old_home, "upgrade").stderr


@pytest.fixture
def old_database(engine: None, tmp_path: Path) -> Iterator[Path]:
    """A home whose storage is a PostgreSQL with old tables."""
    with postgres() as running:
        running.sql(POSTGRES.read_text())
        (tmp_path / "dagster.yaml").write_text(json.dumps({"storage": {"postgres": {"postgres_url": running.url}}}))
        yield tmp_path


@pytest.mark.thorough
def test_an_old_database_is_upgraded_and_nothing_of_it_is_missing(old_database: Path) -> None:
    refused = call(old_database, "pipeline_defs.runtime.startup")
    assert refused.returncode == 1
    assert "its tables are of an older version (ec80dd91891a)" in refused.stderr
    done = call(old_database, "pipeline_defs.runtime.startup", "upgrade")
    assert done.returncode == 0, done.stderr
    with DagsterInstance.from_config(str(old_database)) as instance:
        assert_all_is_there(instance)
