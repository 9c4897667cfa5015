"""Images that must not reach production: each has a fault that an empty database does not show, or that only a server shows."""

from collections.abc import Mapping

from pipeline_defs.release.records import Release
from pipeline_defs.server.core.task import Task
from tests.support.shop import Shop

MIGRATION = "migrations/versions/0004_bad.py"


def _migration(upgrade: str, downgrade: str) -> Mapping[str, str]:
    head = '"""Bad"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "0004"\ndown_revision = "0003"\n'
    return {
        MIGRATION: f"{head}\n\ndef upgrade() -> None:\n    {upgrade}\n\n\ndef downgrade() -> None:\n    {downgrade}\n"
    }


def without_tests(shop: Shop, release: Release) -> Task:
    """Its rehearsal as quick as the way back allows: the app's own tests have no say in it."""
    return shop.changed("staging", test=None).task("staging", release)


def fails_on_real_data(shop: Shop) -> Task:
    """Each name is to be there once."""
    make = 'op.create_unique_constraint("uq_customers_name", "customers", ["first_name", "last_name"])'
    files = _migration(make, 'op.drop_constraint("uq_customers_name", "customers")')
    return shop.task("staging", shop.release("2.0.1", files=files))


def breaks_the_old_version(shop: Shop) -> Release:
    """A column gets another name, under which only the new version finds it."""
    name = "    name: Mapped[str] = mapped_column("
    rename = 'op.alter_column("products", "{}", new_column_name="{}")'
    files = _migration(rename.format("name", "title"), rename.format("title", "name"))
    return shop.release("2.0.2", ("shop/models.py", name, f'{name}"title", '), files=files)


_COLUMN = "    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())\n"
_NO_TIMES = (("shop/models.py", _COLUMN, ""), ("shop/schemas.py", "    created_at: datetime\n", ""))
_DROP = 'op.drop_column("orders", "created_at")'


def loses_data(shop: Shop) -> Task:
    """A column goes that the old version reads; the downgrade brings an empty one."""
    back = 'op.add_column("orders", sa.Column("created_at", sa.DateTime(timezone=True)))'
    files = _migration(_DROP, back)
    return without_tests(shop, shop.release("2.0.3", *_NO_TIMES, files=files))


def cannot_go_back(shop: Shop) -> Task:
    """The same column goes, and the downgrade says that there is none."""
    files = _migration(_DROP, 'raise NotImplementedError("the times are gone")')
    return without_tests(shop, shop.release("2.0.4", *_NO_TIMES, files=files))


_BOOKS = '''"""What has to be true of all rows."""

import pytest
from sqlalchemy import text

from shop.database import engine


@pytest.mark.usefixtures("schema")
def test_every_customer_has_two_names() -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM customers WHERE last_name = ''")) == 0
'''


def fails_a_test_on_real_data(shop: Shop) -> Task:
    """A test that holds on an empty database."""
    return shop.task("staging", shop.release("2.0.5", files={"tests/test_books.py": _BOOKS}))


def never_healthy(shop: Shop) -> Task:
    """The route that its health check asks has another name."""
    return shop.task("staging", shop.release("2.0.6", ("shop/routes/status.py", '"/health"', '"/healthy"')))


def other_platform(shop: Shop) -> Task:
    """Built for a processor that the server has not."""
    dockerfile = "FROM scratch\nCOPY shop /shop\n"
    return shop.task("staging", shop.release("2.0.7", files={"Dockerfile": dockerfile}, platform="linux/s390x"))
