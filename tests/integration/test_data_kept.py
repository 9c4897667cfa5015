"""A release whose compose file would lose data is refused on a real server before anything is changed."""

from collections.abc import Iterator

import pytest

from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.integration.procedures import rows
from tests.integration.test_compose_refused import attempt
from tests.support.shop import Shop

DATA = "/var/lib/postgresql/data"
_START = """
label=com.docker.compose
docker volume create --label $label.project=shop-production --label $label.volume=db-data shop-production_db-data
id=$(docker run -d --name shop-production-db-1 -v "shop-production_db-data:$1" -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=x \
  --label $label.project=shop-production --label $label.service=db --label $label.oneoff=False postgres:15)
docker commit --change 'ENV PG_MAJOR=99' "$id" newer-postgres:99
for n in $(seq 100); do docker exec "$id" pg_isready -h 127.0.0.1 -U shop && break; sleep 0.3; done
docker exec "$id" psql -U shop -c 'create table kept as select generate_series(1, 5) n'
"""
_STATE = """docker ps -a --no-trunc --format '{{.ID}} {{.Names}} {{.State}}'; docker volume ls -q"""


@pytest.fixture
def data(shop: Shop, server: Connection) -> Iterator[str]:
    """What a database of production that runs, and has data, looks like to the Engine."""
    started = server.run(script(_START, DATA), timeout=120)
    assert started.ok, started.tail()
    yield server.run(script(_STATE), timeout=30).stdout
    server.run(script("docker rm -fv shop-production-db-1; docker volume rm -f shop-production_db-data"), timeout=60)
    server.run(script("docker image rm newer-postgres:99"), timeout=60)


def compose(image: str = "postgres:15", volume: str = f"db-data:{DATA}", name: str = "db") -> str:
    services = f"{{web: {{image: shop}}, {name}: {{image: '{image}', volumes: ['{volume}']}}}}"
    return f"services: {services}\nvolumes: {{db-data: {{}}, pgdata: {{}}}}\n"


def test_a_change_that_loses_data_is_refused_before_anything_is_changed(
    shop: Shop, server: Connection, data: str
) -> None:
    changes = {
        compose("newer-postgres:99"): "the database of db was made by PostgreSQL {major}, and PostgreSQL 99 does not start on it",
        compose(volume=f"pgdata:{DATA}"): "the database of db is in the volume shop-production_db-data",
        compose(volume="pgdata:/elsewhere"): f"the volume shop-production_db-data, where the database of db is, is not mounted at {DATA}",
        compose(name="postgres"): "the service db, which holds a PostgreSQL database in the volume shop-production_db-data, is gone",
    }  # fmt: skip
    major = rows(shop, server, "select current_setting('server_version_num')::int / 10000")
    for file, sentence in changes.items():
        report = deploy(attempt(shop.changed("production", database=None), compose=file), server)
        assert report.error is not None and f"step data: production.yml: {sentence.format(major=major)}" in report.error
        assert not report.changed
    assert server.run(script(_STATE), timeout=30).stdout == data
    assert rows(shop, server, "select count(*) from kept") == "5"
    same = deploy(attempt(shop.changed("production", database=None), compose=compose()), server)
    assert same.error is not None and "step pull: " in same.error  # such an image there is none
    server.run(script("docker stop shop-production-db-1"), timeout=60)
    stopped = deploy(attempt(shop.changed("production", database=None), compose=compose("newer-postgres:99")), server)
    assert stopped.error is not None and f"was made by PostgreSQL {major}" in stopped.error
    server.run(script("docker rm -f shop-production-db-1"), timeout=60)
    without = deploy(attempt(shop.changed("production", database=None), compose=compose("newer-postgres:99")), server)
    assert without.error is not None and f"was made by PostgreSQL {major}" in without.error
