"""Databases that are no PostgreSQL in the compose project: elsewhere by URL, by commands, and none at all."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.config import Database, Secret
from pipeline_defs.config.database import DatabaseCommands
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.config.testing import E2E
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.integration.procedures import WIPE, production, rows
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app

PASSWORD = "m@naged/pa55word"
PORT = 5499
WEB_ALONE = """
services:
  web:
    image: shop
    ports: ["{port}:8000"]
    environment:
      DATABASE_URL: ${{SHOP_DATABASE_URL}}
      APP_ENVIRONMENT: {name}
"""


@pytest.fixture
def elsewhere(shop: Shop, server: Connection) -> Iterator[str]:
    """A PostgreSQL that is no part of any compose project, on an address that containers reach; its URL without the database's name."""
    run = """
    here=$(docker network inspect bridge -f '{{(index .IPAM.Config 0).Gateway}}'); echo "$here"
    docker run -d --name managed -p "$here:$2:5432" -e POSTGRES_PASSWORD="$1" -e POSTGRES_DB=shop postgres:15 >&2
    for n in $(seq 60); do docker exec managed pg_isready -h 127.0.0.1 -U postgres && exit 0; sleep 0.5; done; exit 1
    """
    began = server.run(script(run, PASSWORD, str(PORT)), timeout=90)
    assert began.ok, began.stderr
    address = began.stdout.split()[0]
    yield f"postgresql://postgres:m%40naged%2Fpa55word@{address}:{PORT}"
    server.run(script(f"docker rm -fv managed; {WIPE}"), timeout=120)  # the next test's app has its database beside it


def changed(shop: Shop, **both: Any) -> Shop:
    """The shop with settings of both environments changed."""
    for name in shop.app.environments:
        shop = shop.changed(name, **both)
    return shop


def test_a_database_elsewhere_is_copied_and_the_copy_is_dropped_afterwards(
    shop: Shop, server: Connection, first: Release, second: Release, elsewhere: str, tmp_path: Path
) -> None:
    source = tmp_path / "shop"
    shutil.copytree(shop.source, source)
    for name, port in (("production", 8080), ("staging", 8081)):
        (source / f"{name}.yml").write_text(WEB_ALONE.format(name=name, port=port))
    managed = changed(shop, database=Database(url=SecretSource(env="UNUSED")), test=None, e2e=())
    addresses = {"production": Secret(f"{elsewhere}/shop"), "staging": Secret(f"{elsewhere}/shop_copy")}

    def task(name: str, release: Release) -> Task:
        url = addresses[name].reveal().replace("postgresql://", "postgresql+psycopg://")
        made = managed.task(name, release, source=source)
        return replace(made, addresses=addresses, settings={"SHOP_DATABASE_URL": Secret(url)})

    assert deploy(task("production", first), server).error is None
    filled = "docker exec managed psql -U postgres -d shop -c 'create table things as select generate_series(1, 9) n'"
    assert server.run(script(filled), timeout=30).ok
    report = rehearse(task("staging", second), server, production(managed))
    assert report.error is None
    assert report.copied and (report.copied.tables, report.copied.rows) == (1, 9) and report.copied.bytes
    assert report.revision == "0003"
    databases = "docker exec managed psql -U postgres -Atc 'select datname from pg_database order by 1'"
    assert "shop_copy" in server.run(script(databases), timeout=30).stdout  # empty, and made anew by the next
    tables = """docker exec managed psql -U postgres -d shop_copy -Atc "select count(*) from pg_tables where schemaname = 'public'" """
    assert server.run(script(tables), timeout=30).stdout.strip() == "0"
    shown = server.run(
        script('grep -rlF -e "$1" -e "$2" /opt/shipline | sort -u', PASSWORD, "m%40naged"), timeout=30
    ).stdout
    assert all(line.endswith("shipline.settings") for line in shown.split())

    same = replace(
        task("staging", second),
        addresses={**addresses, "staging": Secret(f"{elsewhere.replace('postgres:', 'else:')}/shop")},
    )
    refused = rehearse(same, server, production(managed))
    assert (
        refused.error
        and f"database.url is that of production (shop on {elsewhere.rpartition('@')[2]})" in refused.error
    )


@pytest.mark.thorough
def test_a_database_of_another_kind_is_copied_by_commands(
    shop: Shop, server: Connection, first: Release, second: Release
) -> None:
    count = "select relname || chr(9) || n_live_tup from pg_stat_user_tables"
    commands = DatabaseCommands(
        backup=("pg_dump", "-U", "shop", "-Fc", "shop"),
        restore=("pg_restore", "-U", "shop", "-d", "shop"),
        counts=("psql", "-U", "shop", "-qAtc", f"analyze; {count}"),
        ready=("pg_isready", "-U", "shop"),
    )
    foreign = changed(shop.bare(), database=Database(commands=commands))
    assert deploy(foreign.task("production", first), server).error is None
    rows(shop, server, "create table things as select generate_series(1, 9) n")
    report = rehearse(foreign.task("staging", second), server, production(foreign))
    assert report.error is None
    assert report.copied and report.copied.tables == 1 and report.copied.dump_bytes and report.copied.bytes is None
    assert {"backup", "restore", "counts", "wait"} <= {step.step for step in report.steps}


@pytest.mark.thorough
def test_an_app_without_a_database_is_rehearsed_too(shop: Shop, server: Connection, tmp_path: Path) -> None:
    source = tmp_path / "pages"
    (source / "pages").mkdir(parents=True)
    (source / "Dockerfile").write_text(
        'FROM python:3.11-slim\nWORKDIR /pages\nCOPY pages .\nCMD ["python", "-m", "http.server", "8000"]\n'
    )
    look = "import os, urllib.request as r; text = r.urlopen(os.environ['BASE_URL'] + '/a.txt').read(); assert text == b'hello', text"
    junit = "open(os.environ['RESULTS'] + '/e2e.xml', 'w').write('<testsuite><testcase name=\"a\"/></testsuite>')"
    tests = E2E(command=("python", "-c", f"{look}; {junit}"))
    pages = changed(shop.bare(), database=None, migrate=None, downgrade=None, e2e=(tests,))
    for name, port in (("production", 8080), ("staging", 8081)):
        (source / f"{name}.yml").write_text(f"services:\n  web:\n    image: x\n    ports: ['{port}:8000']\n")
    (source / "ports.yml").write_text("services:\n  web:\n    image: x\n")
    releases = []
    for version in ("1.0.0", "1.1.0"):
        (source / "pages" / "a.txt").write_text("hello")
        (source / "pages" / "version.txt").write_text(version)
        releases.append(pages.release(version, source=source))
    assert deploy(pages.task("production", releases[0], source=source), server).error is None
    report = rehearse(pages.task("staging", releases[1], source=source), server, production(pages))
    assert report.error is None
    assert report.e2e and report.e2e.passed and report.copied is None
    assert report.way_back and report.way_back.verdict == "compatible"
