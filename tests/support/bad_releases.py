"""Releases that must not reach production, made for the purpose, and what a rehearsal has to say about each."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline_defs.release.evidence import Verdict
from pipeline_defs.release.records import Outcome
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from tests.support import bad_images as images
from tests.support.bad_files import good, sanitize_fails, shares
from tests.support.environment_state import differences, left_of, state_of
from tests.support.shop import Shop, deploy_bare
from tests.testbed.images import POSTGRES

_ROOM_MIB = 80
"""Enough to begin, and less than what a backup of 30 MiB may need besides what is kept free."""

# Two customers of one name, and one with a single name: both are allowed, and no empty database has them.
_DATA = """
insert into products (sku, name, price_cents, stock) select 'P-' || n, 'Product ' || n, n, 10 from generate_series(1, 200) n;
insert into customers (email, first_name, last_name) values
  ('ada@example.com', 'Ada', 'Lovelace'), ('ada.l@example.com', 'Ada', 'Lovelace'), ('cher@example.com', 'Cher', '');
insert into orders (customer_id, product_id, quantity, total_cents)
  select (select min(id) from customers) + n % 3, (select min(id) from products) + n % 200, 2, 40 from generate_series(1, 600) n;
"""
_QUERY = """
docker exec -i "$(docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=db)" \
  psql -X -v ON_ERROR_STOP=1 -U shop -d shop
"""
_MORE = "create table notes as select n, repeat(md5(n::text), 30) as text from generate_series(1, 30000) n;"


@dataclass(frozen=True)
class BadRelease:
    """One of them.

    Attributes:
        what: is wrong with it.
        make: builds it and gives the task of its rehearsal.
        error: a pattern that the rehearsal's sentence matches; None where it passes and only the verdict warns.
        verdict, reason: on the way back, with a pattern that its reason matches.
    """

    what: str
    make: Callable[[Shop], Task]
    error: str | None = None
    verdict: Verdict | None = None
    reason: str = ""


def fill(site: Site, server: Connection) -> None:
    """Put rows into an environment's database that real customers would have made."""
    execute(site, server, _DATA)


def execute(site: Site, server: Connection, sql: str) -> None:
    """Execute SQL in an environment's database."""
    done = server.run(script(_QUERY, site.project, stdin=sql), timeout=600)
    assert done.ok, done.tail()


@contextmanager
def small_server(shop: Shop) -> Iterator[tuple[Shop, Connection]]:
    """A server whose disk is too small for a copy of what the sample app has in production there."""
    with shop.bed.extra_server("small", home_size=f"{_ROOM_MIB}m") as small:
        small.load(POSTGRES.name)
        with shop.on(small).server() as server:
            deploy_bare(shop.on(small), good(shop), server)
            execute(Site.of(shop.app, "production"), server, _MORE)
            yield shop.on(small), server


def problems(bad: BadRelease, shop: Shop, server: Connection) -> list[str]:
    """Rehearse it beside production; gives what was not caught, not said, left behind or touched: nothing, if all is well."""
    production = Site.of(shop.app, "production")
    before = state_of(production, server)
    task = bad.make(shop)
    report = rehearse(task, server, production)
    touched = [f"production was touched: {each}" for each in differences(before, state_of(production, server))]
    return [*_missed(bad, report), *(f"left behind: {each}" for each in left_of(task.site, server)), *touched]


def _missed(bad: BadRelease, report: Report) -> list[str]:
    said = report.error or ""
    if bad.error is not None:
        right = report.outcome is Outcome.FAILED and re.search(bad.error, said)
        return [] if right else [f"the rehearsal {report.outcome}: {said or 'nothing said'}"]
    if report.way_back is None:
        return [f"the rehearsal {report.outcome} without a verdict: {said}"]
    way_back = report.way_back
    right = way_back.verdict is bad.verdict and re.search(bad.reason, way_back.reason)
    return [] if right else [f"the verdict is {way_back.verdict}: {way_back.reason}"]


TOO_LARGE = BadRelease(
    "a database that is too large for a copy",
    lambda shop: shop.task("staging", good(shop)),
    r"step room: the disk of \S+ has \d+ MiB free, and a backup and a copy of the database \(\d+ MiB\) need up to \d+ MiB there",
)
"""On a `small_server`."""

BAD_RELEASES = (
    BadRelease(
        "a migration that fails on real data",
        images.fails_on_real_data,
        r"step migrate: .*uq_customers_name",
    ),
    BadRelease(
        "a migration that breaks the old version",
        lambda shop: images.without_tests(shop, images.breaks_the_old_version(shop)),
        verdict=Verdict.NEEDS_DOWNGRADE,
        reason=r"step way back e2e: \d+ of \d+ failed, first .*products are listed",
    ),
    BadRelease(
        "a migration that loses data",
        images.loses_data,
        verdict=Verdict.NEEDS_RESTORE,
        reason=r"step way back e2e: .*; and after a downgrade: .*step way back downgraded e2e: \d+ of \d+ failed",
    ),
    BadRelease(
        "a migration without a way back",
        images.cannot_go_back,
        verdict=Verdict.NEEDS_RESTORE,
        reason=r"; and after a downgrade: .*step way back downgrade: .*the times are gone",
    ),
    BadRelease(
        "a test that fails only with production's data",
        images.fails_a_test_on_real_data,
        r"step test: 1 of \d+ failed, first .*test_every_customer_has_two_names: .*assert 1 == 0",
    ),
    BadRelease(
        "a container that never becomes healthy",
        images.never_healthy,
        r"step healthy: the service web is unhealthy",
    ),
    BadRelease(
        "a compose file that names production's volume",
        shares("volume"),
        r"step apart: staging\.yml would share with production or others: .*the volume shop-production_db-data",
    ),
    BadRelease(
        "a compose file that names production's network",
        shares("network"),
        r"step apart: staging\.yml would share with production or others: the network shop-production_default",
    ),
    BadRelease(
        "a compose file with the name of production's container",
        shares("container name"),
        r"step apart: .*: the container name shop-production-web-1 \(service web\)",
    ),
    BadRelease(
        "a compose file with production's port",
        shares("port"),
        r"step apart: .*: the port 8080/tcp of shop-production-web-1 \(service web\)",
    ),
    BadRelease(
        "an image for another platform",
        images.other_platform,
        r"the image of 2\.0\.7 is for linux/s390x and the server's Engine runs linux/",
    ),
    BadRelease(
        "a file that sanitizes and fails",
        sanitize_fails,
        r'step sanitize: .*column "phone" of relation "customers" does not exist',
    ),
)
