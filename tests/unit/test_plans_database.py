"""Plans of rollbacks that touch the database: nothing is removed before it is sure that it can be brought back."""

import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Database
from pipeline_defs.config.database import DatabaseCommands
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.snapshot import UNFINISHED
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.database.side_by_side_restore import names as names_beside
from pipeline_defs.server.state.facts import Facts, facts_command, read_facts
from pipeline_defs.server.steps.restore_database import forget, note
from pipeline_defs.server.strategies import rollback_procedure
from pipeline_defs.server.strategies.rollback_procedure import take_back
from tests.unit import sample
from tests.unit.sample import SHELLS, example, facts, release, task, with_environment

FOLDER = "/opt/shipline/shop/production/releases/1.4.2"
BACKUP = "/opt/shipline/shop/production/backups/old.dump"
LIVE = facts(
    database_up=True,
    database_there=True,
    running=release("1.4.2").reference,
    current=release("1.4.2"),
    folder=FOLDER,
)


def going_back(about: Facts = LIVE, production: dict[str, Any] | None = None, **asked: Any) -> list[Step]:
    """The plan of a rollback to 1.4.1."""
    app = with_environment(example(), "production", **(production or {}))
    return rollback_procedure.plan(task(app, "production", release=release("1.4.1"), **asked), about)


def names(plan: list[Step]) -> str:
    return ", ".join(step.name for step in plan)


RUNS = "start, healthy, test, revision, e2e, reached, switch"
VERIFIED = f"{RUNS}, note removed, tidy"
BESIDE = "room, noted beside, restore beside, counts"
SWAPPED = f"services stopped, backup, noted, swap, services removed, {RUNS}, replaced dropped, note removed, tidy"
BY_COMMANDS = {"database": Database(commands=DatabaseCommands(backup=("dump",), restore=("load",)))}
REPLACED = "down, volume removed, volume created, database up, wait, restore"
LAID = "snapshot, files, compose file, images, data, services, outside before"
PREPARED = f"{LAID}, pull, backup whole"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (going_back(downgrade_to="0003"), f"{LAID}, backup, pull, noted, downgrade, {VERIFIED}"),
        (going_back(restore_from=BACKUP), f"{PREPARED}, {BESIDE}, {SWAPPED}"),
        (
            going_back(
                facts(database_there=True, current=LIVE.current, folder=FOLDER), restore_from=BACKUP
            ),
            f"{PREPARED}, database start, database ready, {BESIDE}, {SWAPPED}",
        ),
        (
            going_back(production=BY_COMMANDS, restore_from=BACKUP),
            f"{PREPARED}, volume, services stopped, backup, noted, {REPLACED}, {VERIFIED}",
        ),
        # what is not there cannot be kept
        (
            going_back(facts(current=LIVE.current, folder=FOLDER), production=BY_COMMANDS, restore_from=BACKUP),
            f"{PREPARED}, volume, services stopped, {REPLACED}, {VERIFIED}",
        ),
    ],
)  # fmt: skip
def test_the_steps_and_their_order(plan: list[Step], expected: str) -> None:
    assert names(plan) == expected


def test_a_restore_succeeds_beside_the_database_before_any_service_is_stopped() -> None:
    plan = going_back(restore_from=BACKUP)
    order = [step.name for step in plan]
    assert order.index("backup whole") < order.index("restore beside") < order.index("services stopped")
    noted = [step.command.argv[-1] for step in plan if step.name.startswith("noted")]
    assert noted == ["beside", "swap"]
    assert BACKUP in next(step for step in plan if step.name == "restore beside").command.argv
    assert not any("docker volume rm" in word for step in plan for word in step.command.argv)


def test_another_kind_of_database_is_kept_and_noted_before_its_data_is_removed() -> None:
    plan = going_back(production=BY_COMMANDS, restore_from=BACKUP)
    order = [step.name for step in plan]
    assert order.index("backup whole") < order.index("services stopped") < order.index("backup")
    assert order.index("noted") < order.index("down") < order.index("volume removed")
    noted = next(step for step in plan if step.name == "noted")
    fresh = "/opt/shipline/shop/production/backups/20260131T120000Z-1a2b3c4d.dump"
    assert noted.command.argv[-1] == f"restore {fresh}"
    assert BACKUP in next(step for step in plan if step.name == "restore").command.argv


def test_migrations_are_taken_back_in_the_image_that_runs_and_noted_before() -> None:
    plan = {step.name: step.command for step in going_back(downgrade_to="0003")}
    assert plan["noted"].argv[-1] == "migrate"
    assert plan["downgrade"].argv[-4:] == ("alembic", "web", "downgrade", "0003")
    assert f"{FOLDER}/production.yml:{FOLDER}/shipline.override.yml" in plan["downgrade"].argv


def test_what_cannot_be_done_is_refused_before_anything() -> None:
    with pytest.raises(ServerError, match="no database that a backup could be restored into"):
        going_back(restore_from=BACKUP, production={"database": None})
    with pytest.raises(ServerError, match="nothing runs whose migrations could be taken back"):
        going_back(facts(), downgrade_to="0003")


def test_after_a_failed_deployment_its_own_image_takes_its_migrations_back() -> None:
    failed = release("1.4.3")
    (step,) = take_back(task(example(), "production", release=None, migrated=failed, downgrade_to="0003"), LIVE)
    assert (step.name, step.writes) == ("downgrade", True)
    folder = f"/opt/shipline/shop/production/releases/{failed.name}"
    assert f"{folder}/production.yml:{folder}/shipline.override.yml" in step.command.argv


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ({"migrated": release("1.4.3"), "downgrade_to": None}, LIVE),
        ({"migrated": None, "downgrade_to": "0003"}, LIVE),
        # a run that was killed after the switch had deployed it
        ({"migrated": release("1.4.2"), "downgrade_to": "0003"}, LIVE),
        ({"migrated": release("1.4.3"), "downgrade_to": "0003"}, facts()),
    ],
)
def test_migrations_stay_where_nothing_has_to_be_taken_back(asked: dict[str, Any], about: Facts) -> None:
    assert take_back(task(example(), "production", release=None, **asked), about) == []


# What is written down, on a disk


def folder_with_releases(folder: Path) -> None:
    for name in ("1.4.1", "1.4.2"):
        (folder / "releases" / name).mkdir(parents=True)
    (folder / "current").symlink_to(folder / "releases" / "1.4.2")


def learnt(folder: Path) -> Facts:
    site = sample.site(folder)
    return read_facts(site, sample.run(facts_command(site)))


def test_a_note_is_among_the_facts_for_as_long_as_current_is_what_it_was(tmp_path: Path) -> None:
    folder_with_releases(tmp_path)
    site = sample.site(tmp_path)
    assert learnt(tmp_path).unfinished is None
    assert sample.run(note(site, "restore /a b/new.dump").command).ok
    assert learnt(tmp_path).unfinished == "restore /a b/new.dump"
    assert sample.run(forget(site).command).ok
    assert learnt(tmp_path).unfinished is None


def test_a_note_that_counts_no_more_is_removed_so_that_it_never_counts_again(tmp_path: Path) -> None:
    folder_with_releases(tmp_path)
    site = sample.site(tmp_path)
    assert sample.run(note(site, "migrate").command).ok
    current = tmp_path / "current"
    current.unlink()
    current.symlink_to(tmp_path / "releases" / "1.4.1")
    assert learnt(tmp_path).unfinished is None
    assert not (tmp_path / UNFINISHED).exists()


def test_a_swap_stays_noted_until_what_was_replaced_is_dropped(tmp_path: Path) -> None:
    folder_with_releases(tmp_path)
    site = sample.site(tmp_path)
    assert sample.run(note(site, "swap").command).ok
    assert learnt(tmp_path).unfinished == "swap"
    current = tmp_path / "current"
    current.unlink()
    current.symlink_to(tmp_path / "releases" / "1.4.1")
    assert learnt(tmp_path).unfinished == "swapped"
    assert (tmp_path / UNFINISHED).exists()


@given(st.text(min_size=1, max_size=63).filter(lambda name: "\0" not in name and len(name.encode()) <= 63))
def test_the_names_beside_are_names_that_no_database_is_cut_off_to(name: str) -> None:
    restored, replaced = names_beside(name)
    assert len({name, restored, replaced}) == 3
    assert all(len(each.encode()) <= 63 for each in (restored, replaced))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_command_is_one_that_a_shell_can_read(shell: tuple[str, ...]) -> None:
    elsewhere = {"database": Database(url=SecretSource(env="UNUSED"))}
    restores = [going_back(production=changes, restore_from=BACKUP) for changes in ({}, BY_COMMANDS, elsewhere)]
    for step in (*chain.from_iterable(restores), *going_back(downgrade_to="0003")):
        argv = step.command.argv
        programs = [argv[n + 2] for n, word in enumerate(argv) if word == "sh" and argv[n + 1 : n + 2] == ("-euc",)]
        for text in (step.command.rendered(), *programs):
            checked = subprocess.run([*shell, "-n"], input=text, capture_output=True, text=True, check=False)
            assert (checked.returncode, checked.stderr) == (0, ""), f"{step.name}: {checked.stderr}"
