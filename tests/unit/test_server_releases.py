"""Which release an environment says it runs, and what retention keeps: the scripts themselves, run in a folder."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline_defs.config.retention import Retention
from pipeline_defs.server.compose.bundle import RELEASE
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.steps import shared_steps
from pipeline_defs.server.steps.cleanup import tidy as tidy_step
from tests.unit.sample import example as shop
from tests.unit.sample import run, with_environment
from tests.unit.sample import task as task_of

FOLDERS = ("releases", "backups", "logs", "journal", "results")


def place(root: Path, releases: int = 2, backups: int = 1, logs: int = 1, days: int | None = None) -> Task:
    """A task for a site in a folder that has all of its own folders."""
    for name in FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    retention = Retention(releases=releases, backups=backups, logs=logs, days=days)
    return task_of(with_environment(shop(), "production", directory=root, retention=retention), "production")


def switch(of: Task, release: str) -> None:
    """Make a release the one that runs; its folder is made if it is not there."""
    folder = of.site.path("releases", release)
    Path(folder).mkdir(parents=True, exist_ok=True)
    done = run(shared_steps.switch(of, folder).command)
    assert done.ok, done.stderr


def tidy(of: Task) -> str:
    """Remove what is no longer kept; gives what was said."""
    done = run(tidy_step(of).command)
    assert done.ok, done.stderr
    return done.stdout


def points_to(of: Task, link: str) -> str | None:
    path = Path(of.site.path(link))
    return path.resolve().name if path.is_symlink() else None


def age(file: Path, seconds: int) -> None:
    os.utime(file, (1_700_000_000 - seconds,) * 2, follow_symlinks=False)


# Switch


def test_the_first_release_has_none_before_it(tmp_path: Path) -> None:
    made = place(tmp_path)
    switch(made, "1.0.0")
    assert (points_to(made, "current"), points_to(made, "previous")) == ("1.0.0", None)


def test_a_switch_remembers_what_ran_before_and_done_twice_changes_nothing(tmp_path: Path) -> None:
    made = place(tmp_path)
    for version in ("1.0.0", "1.1.0", "1.1.0", "1.1.0"):
        switch(made, version)
    assert (points_to(made, "current"), points_to(made, "previous")) == ("1.1.0", "1.0.0")


def test_what_a_killed_switch_left_behind_does_not_matter(tmp_path: Path) -> None:
    made = place(tmp_path)
    switch(made, "1.0.0")
    (tmp_path / "current.new").symlink_to("nowhere")
    (tmp_path / "previous.new").symlink_to("nowhere")
    switch(made, "1.1.0")
    assert (points_to(made, "current"), points_to(made, "previous")) == ("1.1.0", "1.0.0")
    assert not list(tmp_path.glob("*.new"))


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["1.0.0", "1.1.0", "1.2.0"]), min_size=1, max_size=5))
def test_previous_is_always_the_last_other_release(
    tmp_path_factory: pytest.TempPathFactory, versions: list[str]
) -> None:
    made = place(tmp_path_factory.mktemp("site"))
    for version in versions:
        switch(made, version)
    others = [version for version in versions if version != versions[-1]]
    assert points_to(made, "current") == versions[-1]
    assert points_to(made, "previous") == (others[-1] if others else None)


# Tidy


@settings(max_examples=12)
@example(count=4, keep=2, current=0, previous=1, ages=[6, 5, 4, 3, 2, 1, 0], linked=True)
@example(count=4, keep=2, current=1, previous=0, ages=[6, 5, 4, 3, 2, 1, 0], linked=False)
@given(
    count=st.integers(0, 7),
    keep=st.integers(2, 4),
    current=st.none() | st.integers(0, 6),
    previous=st.none() | st.integers(0, 6),
    ages=st.permutations(range(7)),
    linked=st.booleans(),
)
def test_retention_keeps_the_newest_and_never_removes_what_runs_or_ran_before(
    tmp_path_factory: pytest.TempPathFactory,
    count: int,
    keep: int,
    current: int | None,
    previous: int | None,
    ages: list[int],
    linked: bool,
) -> None:
    root = tmp_path_factory.mktemp("site") / "real"
    root.mkdir()
    if linked:  # the directory in the app's file is often behind a link: /srv, /opt
        (root.parent / "link").symlink_to("real")
        root = root.parent / "link"
    made = place(root, releases=keep)
    names = [f"1.{number}.0-abc" for number in range(count)]
    for name in names:
        (root / "releases" / name).mkdir()
        (root / "releases" / name / RELEASE).write_text("{}")
    (root / "releases" / "shared").mkdir()  # somebody else's
    age(root / "releases" / "shared", 100)
    needed = set()
    for link, number in (("current", current), ("previous", previous)):
        if number is not None and number < count:
            (root / link).symlink_to(f"{root}/releases/{names[number]}")
            needed.add(names[number])
    for name, old in zip(names, ages, strict=False):
        age(root / "releases" / name, old)
    newest = {name for name, _ in sorted(zip(names, ages, strict=False), key=lambda pair: pair[1])[:keep]}
    tidy(made)
    left = {folder.name for folder in (root / "releases").iterdir()}
    assert left == newest | needed | {"shared"}


def test_backups_are_kept_by_their_time_with_their_checksums(tmp_path: Path) -> None:
    made = place(tmp_path, backups=2)
    backups = tmp_path / "backups"
    ids = [f"2026010{day}T120000Z-{day}a" for day in (3, 1, 4, 2)]
    for number, name in enumerate(ids):
        (backups / f"{name}.dump").write_text(name)
        (backups / f"{name}.dump.sha256").write_text("sum")
        age(backups / f"{name}.dump", -number)  # the name says when it was made; copying a file changes its time
    (backups / "20260105T120000Z-5a.dump.partial").write_text("half")
    (backups / "by-hand.sql").write_text("somebody's own")
    told = tidy(made)
    kept = ["20260103T120000Z-3a", "20260104T120000Z-4a"]
    assert sorted(file.name for file in backups.iterdir()) == sorted(
        ["by-hand.sql", *(f"{name}.dump{end}" for name in kept for end in ("", ".sha256"))]
    )
    assert "removed backup 20260101T120000Z-1a.dump" in told


@pytest.mark.parametrize("folder", ["logs", "journal", "results"])
def test_logs_journals_and_results_are_kept_by_their_number(tmp_path: Path, folder: str) -> None:
    made = place(tmp_path, logs=3)
    for number in range(6):
        entry = tmp_path / folder / f"entry {number}"
        if folder == "results":
            entry.mkdir()
        else:
            entry.write_text("x")
        age(entry, number)
    tidy(made)
    assert sorted(entry.name for entry in (tmp_path / folder).iterdir()) == ["entry 0", "entry 1", "entry 2"]


def test_there_may_be_nothing_to_tidy(tmp_path: Path) -> None:
    made = place(tmp_path)
    assert tidy(made) == ""
    for name in FOLDERS:
        (tmp_path / name).rmdir()
    run(tidy_step(made).command)  # whatever it says, it made nothing
    assert list(tmp_path.iterdir()) == []


def test_what_is_older_than_the_days_goes_even_where_the_counts_would_keep_it(tmp_path: Path) -> None:
    made = place(tmp_path, releases=10, backups=10, logs=10, days=30)
    switch(made, "1.0.0")
    (tmp_path / "backups" / f"{made.id}.dump").write_text("leads back")
    switch(made, "1.1.0")
    for name in ("0.8.0", "0.9.0"):
        (tmp_path / "releases" / name).mkdir()
        (tmp_path / "releases" / name / RELEASE).write_text("{}")
    for name in ("old.dump", "new.dump"):
        (tmp_path / "backups" / name).write_text("x")
    (tmp_path / "logs" / "old.log").write_text("x")
    month = 31 * 86_400
    for path in (
        "releases/0.8.0",
        "releases/1.0.0",
        "releases/1.1.0",
        "backups/old.dump",
        f"backups/{made.id}.dump",
        "logs/old.log",
    ):
        now = (tmp_path / path).stat().st_mtime
        os.utime(tmp_path / path, (now - month,) * 2)
    tidy(made)
    assert {each.name for each in (tmp_path / "releases").iterdir()} == {"0.9.0", "1.0.0", "1.1.0"}
    assert {each.name for each in (tmp_path / "backups").iterdir()} == {"new.dump", f"{made.id}.dump"}
    assert list((tmp_path / "logs").iterdir()) == []


def test_the_backup_from_before_what_runs_is_kept_whatever_the_count_says(tmp_path: Path) -> None:
    made = place(tmp_path, backups=1)
    (tmp_path / "backups" / f"{made.id}.dump").write_text("leads back")
    switch(made, "1.1.0")
    for day in range(1, 4):  # of deployments that failed since
        (tmp_path / "backups" / f"2030010{day}T120000Z-{day}a.dump").write_text("x")
    tidy(made)
    assert {each.name for each in (tmp_path / "backups").iterdir()} == {f"{made.id}.dump", "20300103T120000Z-3a.dump"}
    switch(task_again(made), "1.2.0")  # without a backup: the older one leads nowhere
    tidy(made)
    assert {each.name for each in (tmp_path / "backups").iterdir()} == {"20300103T120000Z-3a.dump"}


def task_again(of: Task) -> Task:
    """The same by another task."""
    return replace(of, id="20310101T120000Z-ffffffff")
