"""Rehearsals on a real server, beside a production that serves on."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_defs.config.database import Sanitize
from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from tests.integration.procedures import Interrupted, InterruptingServer, done, images, journal, production, rows
from tests.integration.staging import left, state
from tests.support.moments import Moments
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app


def fill(shop: Shop, server: Connection) -> None:
    """Production's database has a table of 500 people."""
    made = "drop table if exists people; create table people as select n, 'Ada' as name from generate_series(1, 500) n"
    rows(shop, server, made)


def test_a_rehearsal_copies_production_proves_the_copy_and_tries_the_way_back(
    live: Shop, server: Connection, first: Release, second: Release
) -> None:
    fill(live, server)
    before = state(server)
    keeping = live.changed("staging", keep_running=True)
    task = replace(keeping.task("staging", second), files_at=lambda _: keeping.task("staging", first).files)
    report = rehearse(task, server, production(live))
    assert report.error is None
    assert report.tests and report.tests.passed and report.e2e and report.e2e.passed
    assert report.copied and report.copied.dump_bytes and report.copied.bytes and report.copied.bytes > 1_000_000
    assert (report.copied.tables, report.copied.rows) == (1, 500)
    assert report.way_back and report.way_back.verdict is Verdict.COMPATIBLE and report.way_back.version == "1.0.0"
    assert state(server) == before
    # it stays for people to try: the release itself, on the copy
    assert images(server, "shop-staging") == {second.reference, "postgres:15"}
    assert live.health("staging")["version"] == "1.1.0"
    assert rows(live, server, "select count(*) from people", "shop-staging") == "500"


@pytest.mark.thorough
def test_every_step_is_journalled_with_what_it_does_what_it_said_and_what_takes_it_back(
    live: Shop, server: Connection, first: Release
) -> None:
    fill(live, server)
    server.run(script("docker stop $(docker ps -q -f label=com.docker.compose.service=db)"), timeout=60)
    task = live.task("staging", first)
    assert rehearse(task, server, production(live)).error is None
    assert any("is started" in line for line in live.said)
    expected = ["time stamp", "log", "facts", "files", "others", "apart", "database status", "database start"]
    expected += ["database ready", "room", "backup", "down", "pull", "volume removed", "volume created", "database up"]
    expected += [
        "wait",
        "restore",
        "counts",
        "rest up",
        "revision before",
        "migrate",
        "healthy",
        "test",
        "e2e",
    ]
    expected += ["down", "copy removed", "tidy"]
    ended = done(server, task.site, task.id)
    assert ended.pop(ended.index("revision")) and ended == expected  # it runs beside the tests, and may end before them
    entries = journal(server, task.site, task.id)
    said = {entry["step"]: entry for entry in entries if entry["state"] == "said"}
    assert [step for step in said if step != "revision"] == list(dict.fromkeys(expected))
    assert said["counts"]["output"][-1].startswith("all 1 tables have as many rows as in production")
    assert said["others"]["output"] == said["apart"]["output"] == []  # they could hold settings
    intents = {entry["step"]: entry for entry in entries if entry["state"] == "doing"}
    assert intents["rest up"]["undo"] == "remove containers, networks and volumes of shop-staging"
    assert intents["backup"]["does"].startswith("pg_dump -Fc shop > /opt/shipline/shop/staging/backups/")
    assert left(server) == ""


def test_the_copy_is_made_harmless_before_the_app_sees_it(
    live: Shop, server: Connection, first: Release, tmp_path: Path
) -> None:
    fill(live, server)
    source = tmp_path / "shop"
    shutil.copytree(live.source, source)
    (source / "clean.sql").write_text("update people set name = 'somebody';\n")
    keeping = live.bare().changed("staging", keep_running=True, sanitize=Sanitize(sql="clean.sql"))
    report = rehearse(keeping.task("staging", first, source=source), server, production(live))
    assert report.error is None and report.copied and report.copied.sanitized
    names = "select distinct name from people"
    assert rows(live, server, names, "shop-staging") == "somebody"
    assert rows(live, server, names) != "somebody"


@pytest.mark.thorough
def test_a_script_sanitizes_too_and_its_failure_ends_the_rehearsal_before_the_app_starts(
    live: Shop, server: Connection, first: Release, tmp_path: Path
) -> None:
    source = tmp_path / "shop"
    shutil.copytree(live.source, source)
    (source / "clean.sh").write_text(
        'psql -Xc "delete from people"\n[ "$(psql -XAtc "select count(*) from people")" = 0 ]\necho not allowed >&2\nexit 3\n'
    )
    fill(live, server)
    before = state(server)
    cleaning = live.bare().changed("staging", sanitize=Sanitize(script="clean.sh"))
    task = cleaning.task("staging", first, source=source)
    report = rehearse(task, server, production(live))
    assert report.error and report.error.endswith("step sanitize: not allowed")
    assert "rest up" not in [step.step for step in report.steps]
    assert left(server) == ""
    assert state(server) == before


def test_rows_that_did_not_arrive_end_the_rehearsal(live: Shop, server: Connection, first: Release) -> None:
    """The backup's counts say one row more than it has, as if a restore had lost it."""
    fill(live, server)
    task = live.bare().task("staging", first)
    counts = task.site.path("backups", f"{task.id}.dump.counts")

    def lose(moment: str) -> None:
        if moment == "end backup":
            add = """sed -i 's/^\\(public.people.\\).*/\\1501/' "$1" """
            assert server.run(script(add, counts), timeout=30).ok

    report = rehearse(task, Moments(server, lose), production(live))
    assert report.error
    assert "step counts: the table public.people has 501 rows in the backup and 500 in the copy" in report.error
    assert left(server) == ""


THOROUGH = pytest.mark.thorough


@pytest.mark.parametrize(
    "step", [pytest.param("restore", marks=THOROUGH), pytest.param("migrate", marks=THOROUGH), "way back healthy"]
)
def test_an_interrupted_rehearsal_leaves_nothing_of_staging(
    live: Shop, server: Connection, second: Release, step: str
) -> None:
    before = state(server)
    with pytest.raises(Interrupted):
        rehearse(live.bare().task("staging", second), InterruptingServer(server, step), production(live))
    assert left(server) == ""
    assert state(server) == before
