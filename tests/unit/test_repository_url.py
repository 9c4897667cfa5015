"""Addresses of databases: what of a URL reaches the client programs, and what never shows."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Secret
from pipeline_defs.server.database import Address


def address(url: str) -> Address:
    return Address.parse(Secret(url))


def test_a_url_becomes_libpq_s_variables() -> None:
    found = address(
        "postgresql+psycopg://ada:p%40ss%2Fw@db.example.org:6543/my%20shop?sslmode=require&application_name=x"
    )
    assert found.settings().reveal() == (
        "PGHOST=db.example.org\nPGPORT=6543\nPGDATABASE=my shop\nPGUSER=ada\nPGPASSWORD=p@ss/w\nPGSSLMODE=require\n"
    )
    assert str(found) == "my shop on db.example.org:6543"


def test_the_port_is_postgresql_s_own_where_none_is_given() -> None:
    assert address("postgres://a:b@c/d").port == 5432


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://a:b@c/d", "of the kind 'mysql'"),
        ("", "of the kind 'nothing'"),
        ("postgresql://a:b@c", "incomplete"),
        ("postgresql:///d", "incomplete"),
        ("postgresql://c/d", "incomplete"),
        ("postgresql://a:b@c:port/d", "no address"),
        ("postgresql://a:b@[c/d", "no address"),
        ("postgresql://a:s3cr3t%0APGHOST=x@c/d", "broken by a line break"),
    ],
)
def test_what_is_no_address_is_told_without_showing_it(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        address(url)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("postgresql://else:where@DB.example.org:5432/shop", True),
        ("postgresql+asyncpg://a:b@db.example.org/shop?sslmode=require", True),
        ("postgresql://a:b@db.example.org/shop_staging", False),
        ("postgresql://a:b@db.example.org:5433/shop", False),
    ],
)
def test_the_same_database_is_known_whoever_logs_in(other: str, same: bool) -> None:
    assert address("postgresql://a:b@db.example.org/shop").same_database(address(other)) is same


parts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(user=parts, password=parts, name=parts)
def test_whatever_is_percent_encoded_arrives_as_it_was(user: str, password: str, name: str) -> None:
    found = address(f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@h/{quote(name, safe='')}")
    assert (found.user, found.password.reveal(), found.name) == (user, password, name)
