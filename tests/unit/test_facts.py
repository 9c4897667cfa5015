"""Facts: what a server says before anything is changed, and the sentence when it lacks something."""

import shutil
from pathlib import Path

import pytest

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.compose.bundle import RELEASE
from pipeline_defs.server.core.command import Result, ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import UNFINISHED
from pipeline_defs.server.state.facts import facts_command, gather_facts, lacking, read_facts
from tests.unit.sample import example, release, run, site

PRODUCTION = Site.of(example(), "production")
ANSWER = f"""engine 28.2.2
compose docker compose
platform linux/amd64
free_kib 1048576
database 0123abcd
data 0123abcd shop-production_db-data
running {release().reference}
folder /opt/shipline/shop/production/releases/{release().name}
current {release().model_dump_json()}
"""


def answer(*without: str, more: str = "") -> Result:
    """What a server prints, without some of its lines."""
    lines = [line for line in ANSWER.splitlines(keepends=True) if line.partition(" ")[0] not in without]
    return Result(0, "".join(lines) + more, "", 0.1)


def test_a_servers_answer() -> None:
    facts = read_facts(PRODUCTION, answer())
    assert (facts.engine, facts.compose, facts.platform) == ("28.2.2", ("docker", "compose"), "linux/amd64")
    assert facts.free_bytes == 2**30
    assert (facts.database_up, facts.database_there) == (True, True)
    assert facts.running == release().reference
    assert facts.current == release()
    assert facts.folder == f"/opt/shipline/shop/production/releases/{release().name}"
    assert lacking(PRODUCTION, facts) is None


def test_a_server_that_runs_nothing_yet() -> None:
    facts = read_facts(PRODUCTION, answer("running", "folder", "current", "database", "data", more="database \ndata\n"))
    assert (facts.database_up, facts.database_there) == (False, False)
    assert (facts.running, facts.current, facts.folder) == (None, None, None)
    assert lacking(PRODUCTION, facts) is None


def test_a_database_that_stands_still() -> None:
    facts = read_facts(PRODUCTION, answer("database", more="database \n"))
    assert (facts.database_up, facts.database_there) == (False, True)


@pytest.mark.parametrize(
    ("said", "lack"),
    [
        (
            answer("engine", more="no_engine Cannot connect to the Docker daemon.\n"),
            "the Docker Engine does not answer (Cannot connect to the Docker daemon.); install and start it, and let root use it",
        ),
        (answer("compose"), "Docker Compose is missing; install the package docker-compose-plugin"),
        (
            answer("free_kib", more="free_kib 1024\n"),
            "the disk that holds /opt/shipline/shop/production has 1 MiB free and at least 64 MiB are needed; "
            "free some room there and run again",
        ),
    ],
)
def test_what_a_server_lacks_is_one_sentence(said: Result, lack: str) -> None:
    assert lacking(PRODUCTION, read_facts(PRODUCTION, said)) == lack


@pytest.mark.parametrize("current", ["{", "null", '{"app": "shop"}', "[]"])
def test_a_damaged_file_of_a_release_is_told_with_its_place(current: str) -> None:
    with pytest.raises(ServerError) as caught:
        read_facts(PRODUCTION, answer("current", more=f"current {current}\n"))
    assert str(caught.value) == (
        "shop production on root@127.0.0.1:22: /opt/shipline/shop/production/current/shipline.release.json is damaged; "
        "put the release's file back or remove /opt/shipline/shop/production/current"
    )


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    place = site(tmp_path / "file" / "site")
    with pytest.raises(ServerError, match=r"/file/site cannot be prepared: mkdir: .*Not a directory"):
        read_facts(place, run(facts_command(place)))


@pytest.fixture
def bare(tmp_path: Path) -> LocalRunner:
    """This machine as it would be without Docker."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "mkdir", "chmod", "df", "awk", "tr", "readlink", "head", "tail"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    return LocalRunner(environment={"PATH": str(programs)})


def test_a_machine_without_docker_says_so_and_what_else_it_is(tmp_path: Path, bare: LocalRunner) -> None:
    place = site(tmp_path / "a b" / "it's")
    facts = read_facts(place, bare.run(facts_command(place), timeout=30))
    assert (facts.engine, facts.compose, facts.database_up, facts.database_there) == ("", (), False, False)
    assert facts.free_bytes > 0
    with pytest.raises(
        ServerError, match=r"the Docker Engine does not answer \(.*docker.*not found\); install and start"
    ):
        gather_facts(place, bare)


def test_the_environments_folders_are_made_and_private(tmp_path: Path, bare: LocalRunner) -> None:
    place = site(tmp_path / "site")
    assert bare.run(facts_command(place), timeout=30).ok
    modes = {folder.name: folder.stat().st_mode & 0o777 for folder in (tmp_path / "site").iterdir()}
    assert set(modes) == {"releases", "backups", "logs", "results", "journal"}
    assert {modes[name] for name in ("backups", "logs", "journal")} == {0o700}


def test_the_release_that_runs_is_read_from_its_own_folder(tmp_path: Path, bare: LocalRunner) -> None:
    place = site(tmp_path)
    folder = tmp_path / "releases" / release().name
    folder.mkdir(parents=True)
    (folder / RELEASE).write_text(release().model_dump_json(indent=2))
    (tmp_path / "current").symlink_to(folder)
    facts = read_facts(place, bare.run(facts_command(place), timeout=30))
    assert (facts.current, facts.folder) == (release(), str(folder))


def test_a_release_whose_folder_is_gone_is_no_release(tmp_path: Path, bare: LocalRunner) -> None:
    place = site(tmp_path)
    (tmp_path / "current").symlink_to("releases/gone")
    facts = read_facts(place, bare.run(facts_command(place), timeout=30))
    assert (facts.current, facts.folder) == (None, None)


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """All that lies below a folder, with mode and time of its last change."""
    found = {path: path.lstat() for path in [folder, *folder.rglob("*")]}
    return {str(path): (stat.st_mode, stat.st_mtime_ns) for path, stat in found.items()}


@pytest.mark.parametrize("exists", [False, True])
def test_who_only_looks_leaves_everything_as_it_is(tmp_path: Path, exists: bool) -> None:
    place = tmp_path / "opt" / "production"
    if exists:
        place.mkdir(parents=True)
        (place / UNFINISHED).write_text("migrate\n/another/release\n")  # a note that counts no more
    before = contents(tmp_path)
    answered = run(facts_command(site(place), only_look=True))
    assert answered.ok, answered.stderr
    assert contents(tmp_path) == before
    assert read_facts(site(place), answered).free_bytes > 0
    assert read_facts(site(place), answered).unfinished is None
    assert run(facts_command(site(place))).ok
    assert contents(tmp_path) != before
