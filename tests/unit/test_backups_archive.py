"""A backup as a file: what is put into it comes out again, or it is refused."""

import gzip
import io
import os
import random
import sqlite3
import stat
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.runtime.backups.archive import check, unpack, writing
from pipeline_defs.runtime.backups.backup_manifest import NAME, BadBackup, Kind, Manifest
from pipeline_defs.runtime.backups.create_backup import back_up_home
from pipeline_defs.runtime.backups.restore_backup import restore_home

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40).filter(
    lambda name: (
        name not in (".", "..", "workspace", "backups", "lineage.db", "service.json", "running.yaml")
        and len(name.encode()) < 200
    )
)


def backed_up(home: Path, file: Path) -> Path:
    back_up_home(home, file)
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a file in it."""
    (tmp_path / "home" / "apps").mkdir(parents=True)
    (tmp_path / "home" / "apps" / "blog.yaml").write_text("repository: /srv/blog\n")
    return tmp_path / "home"


def contents(folder: Path) -> dict[str, object]:
    """Everything below a folder: bytes and mode of files, where links lead, folders."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        else:
            found[name] = (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) if path.is_file() else None
    return found


@given(files=st.dictionaries(NAMES, st.binary(max_size=300), max_size=6), link=NAMES, target=NAMES)
@settings(max_examples=40, deadline=None)
def test_what_is_put_into_a_backup_comes_out_again(files: dict[str, bytes], link: str, target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        (home / "deeper").mkdir(parents=True)
        for number, (name, content) in enumerate(files.items()):
            path = home / ("deeper" if number % 2 else ".") / name
            if not path.exists():
                path.write_bytes(content)
                path.chmod(0o600 if number % 3 else 0o644)
        if not os.path.lexists(home / link):
            (home / link).symlink_to(target)
        backed_up(home, Path(folder, "backup"))
        restore_home(Path(folder, "backup"), Path(folder, "again"))
        assert contents(Path(folder, "again")) == contents(home)


@given(
    size=st.sampled_from([0, 100, 100_000]),
    where=st.floats(0, 1, exclude_max=True),
    how=st.sampled_from(["ends early", "begins late", "differs"]),
)
@settings(max_examples=80, deadline=None)
def test_a_damaged_backup_is_refused_or_nothing_of_it_differs(size: int, where: float, how: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        (home / "a").write_bytes(b"some text\n" * 20)
        (home / "b").write_bytes(random.Random(size).randbytes(size))
        whole = backed_up(home, Path(folder, "backup")).read_bytes()
        at = int(where * len(whole))
        begin, byte, end = whole[:at], whole[at], whole[at + 1 :]
        damaged = {"ends early": begin, "begins late": end, "differs": begin + bytes([byte ^ 1]) + end}
        Path(folder, "damaged").write_bytes(damaged[how])
        try:
            restore_home(Path(folder, "damaged"), Path(folder, "again"))
        except BadBackup:
            assert not Path(folder, "again").exists()
        else:
            assert contents(Path(folder, "again")) == contents(home)


def test_only_its_owner_may_read_it_and_nothing_is_left_beside_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    file = backed_up(home, tmp_path / "kept" / "backup.tar.gz")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_there_is_left_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(BadBackup, match="is there already: name another file"):
        back_up_home(home, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_backup_that_fails_leaves_nothing(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="cannot be written"), writing(tmp_path / "backup", []):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.glob("backup*"))


def test_a_folder_that_is_not_there_is_not_made(home: Path, tmp_path: Path) -> None:
    """It could be a disk that is not mounted now."""
    with pytest.raises(BadBackup, match="cannot be written: No such file or directory"):
        back_up_home(home, tmp_path / "elsewhere" / "backup")
    assert not (tmp_path / "elsewhere").exists()


def test_what_can_be_made_anew_is_left_out(home: Path, tmp_path: Path) -> None:
    for name in ("workspace/clone", "backups/older", "apps/workspace"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("x")
    with sqlite3.connect(home / "lineage.db") as index:
        index.execute("create table t (x)")
    (home / "lineage.db-wal").write_text("x")
    names = check(backed_up(home, tmp_path / "backup")).files.keys()
    assert names == {"home/apps/blog.yaml", "home/apps/workspace"}


def test_a_database_that_is_written_to_is_copied_whole(home: Path, tmp_path: Path) -> None:
    """What stands in the write-ahead log alone is in the backup, and what is not committed is not."""
    database = sqlite3.connect(home / "deliveries.db", isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.execute("create table delivery (guid text)")
    database.execute("insert into delivery values ('committed')")
    database.execute("begin")
    database.execute("insert into delivery values ('not yet')")
    restore_home(backed_up(home, tmp_path / "backup"), tmp_path / "again")
    database.close()
    again = sqlite3.connect(tmp_path / "again" / "deliveries.db")
    assert again.execute("select guid from delivery").fetchall() == [("committed",)]
    assert again.execute("pragma integrity_check").fetchone() == ("ok",)
    again.close()


def test_a_home_is_not_overwritten(home: Path, tmp_path: Path) -> None:
    file = backed_up(home, tmp_path / "backup")
    with pytest.raises(BadBackup, match=r"there is a Shipline in .* already: move that folder away first"):
        restore_home(file, home)


MANIFEST = Manifest(kind=Kind.HOME, made="", shipline="", commit="", dagster="", revision="", files={})


def forged(file: Path, *members: tarfile.TarInfo) -> Path:
    """A backup as Shipline would never write it."""
    with gzip.open(file, "wb") as plain, tarfile.open(fileobj=plain, mode="w") as tar:
        for member in members:
            tar.addfile(member)
        text = MANIFEST.model_dump_json().encode()
        last = tarfile.TarInfo(NAME)
        last.size = len(text)
        tar.addfile(last, io.BytesIO(text))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize("name", ["../escaped", "/etc/escaped", "home/../../escaped"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    for use in (check, lambda file: unpack(file, tmp_path / "again")):
        with pytest.raises(BadBackup, match="leads out of a folder"):
            use(forged(tmp_path / "forged", member(name)))


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_no_backup_holds_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(BadBackup, match="neither a file, a folder nor a link"):
        check(forged(tmp_path / "forged", member("home", kind, "/etc/passwd")))


def test_nothing_that_is_unpacked_runs_as_somebody_else_or_is_everybodys(tmp_path: Path) -> None:
    folder, file = member("home", tarfile.DIRTYPE), member("home/run-me")
    folder.mode = file.mode = 0o6777
    unpack(forged(tmp_path / "forged", folder, file), tmp_path / "again")
    modes = [stat.S_IMODE((tmp_path / "again" / name).stat().st_mode) for name in ("home", "home/run-me")]
    assert modes == [0o755, 0o755]


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    through = [member("home", tarfile.SYMTYPE, str(tmp_path / "outside")), member("home/escaped")]
    with pytest.raises(BadBackup, match="cannot be unpacked"):
        unpack(forged(tmp_path / "forged", *through), tmp_path / "again")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"not a backup", gzip.compress(b""), gzip.compress(b"x" * 2000)):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(BadBackup, match="it is not a whole backup of Shipline"):
            check(tmp_path / "other")
    with pytest.raises(BadBackup, match="cannot be read: No such file"):
        check(tmp_path / "missing")
