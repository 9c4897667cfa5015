"""A restore that dies at any of its calls of the Engine: no row is lost, and whoever comes next makes it good."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import Command
from tests.support.clusters import Cluster, cluster

# Takes the place of `docker`: counts its calls, and kills the whole program before or after the one that is meant.
_MORTAL = """#!/bin/sh
n=$(( $(cat "$MORTAL/calls") + 1 )); echo "$n" >"$MORTAL/calls"
[ "$n" -ne "$MORTAL_DIES" ] || [ "$MORTAL_WHEN" != before ] || kill -KILL 0
"$MORTAL_DOCKER" "$@"; status=$?
[ "$n" -ne "$MORTAL_DIES" ] || [ "$MORTAL_WHEN" != after ] || kill -KILL 0
exit $status
"""
_ROWS = "select count(*) from things"


class Mortal:
    """Executes commands on this machine, and dies at one of their calls of the Engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        docker = folder / "bin" / "docker"
        docker.write_text(_MORTAL)
        docker.chmod(0o755)

    def calls(self, commands: list[Command], *, dies: int = 0, when: str = "") -> int:
        """How many calls the commands have made until they were done, or died."""
        given = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "MORTAL": str(self.folder),
            "MORTAL_DIES": str(dies),
            "MORTAL_WHEN": when,
            "MORTAL_DOCKER": shutil.which("docker") or "docker",
        }
        (self.folder / "calls").write_text("0")
        for command in commands:
            result = LocalRunner(environment=given).run(command, timeout=120)
            if not result.ok:
                assert dies, result.tail()
                break
        return int((self.folder / "calls").read_text())


@pytest.fixture(scope="module")
def shop(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, str]]:
    """A database of nine rows, and a backup of it that has seven."""
    with cluster(tmp_path_factory.mktemp("cut")) as made:
        made.sql("create table things (n int); insert into things select generate_series(1, 7)")
        path = made.site.path("backups", "seven.dump")
        made.done(made.database.backup(path))
        made.sql("insert into things values (8), (9)")
        yield made, path


@pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_what_was_replaced_comes_back_wherever_the_restore_was_cut_off(
    shop: tuple[Cluster, str], tmp_path: Path, everywhere: bool
) -> None:
    made, path = shop
    database, mortal = made.database, Mortal(tmp_path)
    restore = [database.restore_beside(path), database.prove_beside(path), database.swap()]
    swaps = mortal.calls([*restore[:-1]])
    made.done(database.give_up())
    calls = mortal.calls(restore)
    assert (made.sql(_ROWS), made.databases()) == ("7", {"shop", "shop_shipline_replaced"})
    made.done(database.take_back())
    assert (made.sql(_ROWS), made.databases()) == ("9", {"shop"})
    assert calls > swaps > 10
    points = (*range(3, swaps, 5), *range(swaps, calls + 1)) if everywhere else (swaps // 2, swaps + 1, calls - 1)
    for number in points:
        when = "before" if number % 2 else "after"
        assert mortal.calls(restore, dies=number, when=when) == number
        made.done(database.take_back())
        assert (made.sql(_ROWS), made.databases()) == ("9", {"shop"}), f"{when} call {number} of {calls}"


@pytest.mark.thorough
@pytest.mark.parametrize("when", ["before", "after"])
def test_taking_back_may_be_cut_off_as_well(shop: tuple[Cluster, str], tmp_path: Path, when: str) -> None:
    made, path = shop
    database, mortal = made.database, Mortal(tmp_path)
    number, calls = 1, 0
    while not calls or number <= calls:
        for command in (database.restore_beside(path), database.swap()):
            made.done(command)
        assert made.sql(_ROWS) == "7"
        calls = calls or mortal.calls([database.take_back()])
        if number > 1:
            mortal.calls([database.take_back()], dies=number, when=when)
        made.done(database.take_back())
        assert (made.sql(_ROWS), made.databases()) == ("9", {"shop"}), f"{when} call {number}"
        number += 3


@pytest.mark.parametrize("everywhere", [False, pytest.param(True, marks=pytest.mark.thorough)])
def test_once_it_is_final_what_was_replaced_goes_wherever_that_was_cut_off(
    shop: tuple[Cluster, str], tmp_path: Path, everywhere: bool
) -> None:
    made, path = shop
    database, mortal = made.database, Mortal(tmp_path)
    for number in (4, 6) if everywhere else (6,):
        for command in (database.restore_beside(path), database.swap()):
            made.done(command)
        mortal.calls([database.discard()], dies=number, when="after")
        made.done(database.discard())
        assert (made.sql(_ROWS), made.databases()) == ("7", {"shop"})


def test_people_who_are_connected_do_not_keep_it_from_its_place(shop: tuple[Cluster, str]) -> None:
    made, path = shop
    made.done(made.database.restore_beside(path))
    busy = "docker exec -d -e PGUSER=shop -e PGDATABASE=shop $0 sh -c 'while :; do psql -Xqc \"select pg_sleep(30)\"; done'"
    assert os.system(busy.replace("$0", made.container)) == 0  # noqa: S605
    made.done(made.database.swap())
    made.done(made.database.discard())
    assert made.databases() == {"shop"}
