"""Database: production's grows to a gigabyte, of rows as a shop has them."""

from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from tests.support.bad_releases import execute

BYTES = 2**30

# Foreign keys are looked up row by row, which for rows known to be right is only slow.
_SHOP = """
set session_replication_role = replica;
insert into customers (email, first_name, last_name)
  select 'customer' || n || '@example.com', initcap(left(md5(n::text), 6)), initcap(left(md5((n * 7)::text), 9))
  from generate_series(1, 400000) n;
insert into products (sku, name, price_cents, stock)
  select 'SKU-' || n, 'Product ' || n || ', ' || md5(n::text), n % 10000, n % 100 from generate_series(1, 100000) n;
insert into orders (customer_id, product_id, quantity, total_cents, created_at)
  select c.first + n % 400000, p.first + n * 37 % 100000, 1 + n % 5, n % 50000, now() - n % 1000 * interval '1 hour'
  from generate_series(1, 2000000) n,
    (select max(id) - 399999 as first from customers) c, (select max(id) - 99999 as first from products) p;
create table reviews (id serial primary key, product_id integer references products, written timestamptz, text text);
"""
_REVIEWS = """
set session_replication_role = replica;
insert into reviews (product_id, written, text)
  select (select max(id) from products) - n % 100000, now() - n % 5000 * interval '1 hour',
    'I ordered number ' || n || ' and this is what I think of it: ' || md5(n::text) || ' ' || md5((n + 1)::text) || ' and '
    || md5((n * 3)::text) || ', all in all a good teapot, if a little ' || md5((n * 5)::text) || ' on the outside. ' || md5((n * 11)::text)
  from generate_series(1, 250000) n;
"""
_SIZE = """
docker exec "$(docker ps -q -f "label=com.docker.compose.project=$1" -f label=com.docker.compose.service=db)" \
  psql -XAt -U shop -d shop -c 'select pg_database_size(current_database())'
"""


def grow(site: Site, server: Connection) -> int:
    """Fill the sample app's database until it has a gigabyte; its bytes."""
    execute(site, server, _SHOP)
    while size(site, server) < BYTES:
        execute(site, server, _REVIEWS)
    execute(site, server, "vacuum (analyze); checkpoint;")
    return size(site, server)


def size(site: Site, server: Connection) -> int:
    """The bytes of an environment's database."""
    asked = server.run(script(_SIZE, site.project), timeout=60)
    assert asked.ok, asked.tail()
    return int(asked.stdout)
