"""The manifest of a backup, how tables stand to this Dagster, and which backups stay."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.runtime.backups.backup_manifest import BadBackup, Kind, Manifest
from pipeline_defs.runtime.backups.backup_rotation import new_name, remove_old
from pipeline_defs.runtime.backups.create_backup import back_up_home, back_up_service
from pipeline_defs.runtime.backups.restore_backup import check
from pipeline_defs.runtime.backups.storage_schema import State, state

MADE = Manifest(
    kind=Kind.SERVICE,
    made="2026-05-04T13:37:00+00:00",
    shipline="0.1.0",
    commit="c" * 40,
    dagster="1.13.27",
    revision="29b539ebc72a",
    files={"settings": "s" * 64},
)


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert Manifest.parse(MADE.model_dump_json().encode()) == MADE


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_what_is_no_manifest_is_refused_with_a_sentence(text: bytes) -> None:
    with pytest.raises(BadBackup, match=r"manifest\.json cannot be read"):
        Manifest.parse(text)


def test_a_later_form_is_refused_whatever_else_it_says() -> None:
    with pytest.raises(BadBackup, match="made by a newer Shipline"):
        Manifest.parse(b'{"form": 99, "parts": []}')


@pytest.mark.parametrize("found", [{}, {"settings": "other"}, {"settings": "s" * 64, "more": "m"}])
def test_other_contents_are_refused(found: dict[str, str]) -> None:
    MADE.compare(MADE.files)
    with pytest.raises(BadBackup, match="is not what was put there"):
        MADE.compare(found)


def test_tables_are_older_newer_or_the_same() -> None:
    config = Config()
    config.set_main_option("script_location", "dagster:_core/storage/alembic")
    head = ScriptDirectory.from_config(config).get_current_head()
    assert [state(each) for each in ("", str(head), "ec80dd91891a", "ffffffffffff")] == list(State)


def test_a_backup_is_for_its_own_kind_alone(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    back_up_home(tmp_path / "home", tmp_path / "backup")
    with pytest.raises(BadBackup, match="is a backup of a home: it is for shipline restore"):
        check(tmp_path / "backup", Kind.SERVICE)


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "service" / "home").mkdir(parents=True)
    (tmp_path / "service" / "settings").write_text("")
    back_up_service(tmp_path / "service", tmp_path / "backup", "ffffffffffff", ["echo", "a database"])
    with pytest.raises(BadBackup, match="is of a newer version"):
        check(tmp_path / "backup", Kind.SERVICE)


def test_without_the_database_there_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "settings").write_text("")
    with pytest.raises(BadBackup, match="the database cannot be read: no such database"):
        back_up_service(
            tmp_path / "service", tmp_path / "backup", "", ["sh", "-c", "echo half; echo no such database >&2; exit 1"]
        )
    assert not list(tmp_path.glob("backup*"))


@given(st.sets(st.datetimes(datetime(2020, 1, 1), datetime(2080, 1, 1)), max_size=8), st.integers(1, 5))
def test_the_newest_backups_stay_and_nothing_else_is_touched(
    tmp_path_factory: pytest.TempPathFactory, times: set[datetime], kept: int
) -> None:
    folder = tmp_path_factory.mktemp("backups")
    (folder / "before-the-move.tar.gz").touch()
    names = sorted({new_name(time) for time in times})
    for name in names:
        (folder / name).touch()
    remove_old(folder, kept)
    assert {path.name for path in folder.iterdir()} == {"before-the-move.tar.gz", *names[-kept:]}


def test_none_is_no_number_of_backups(tmp_path: Path) -> None:
    (tmp_path / new_name(datetime.now(UTC))).touch()
    with pytest.raises(ValueError, match="1 or more"):
        remove_old(tmp_path, 0)
    assert len(list(tmp_path.iterdir())) == 1
