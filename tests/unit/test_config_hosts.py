"""Hosts: the short form and the long one say the same, and each has its share of an environment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Environment, Host
from pipeline_defs.config.environment import Test as InContainer
from pipeline_defs.config.testing import E2E
from pipeline_defs.server.core.site import Site
from tests.unit.sample import example, with_environment

users = st.text("abcdefghijklmnopqrstuvwxyz-_.0123456789", min_size=1, max_size=12)
addresses = st.sampled_from(["a", "a.example.org", "10.0.0.1", "fe80::1", "::1", "2001:db8::10.0.0.1"])


@pytest.mark.parametrize(
    ("text", "user", "address", "port"),
    [
        ("a.example.org", "root", "a.example.org", 22),
        ("ada@a.example.org", "ada", "a.example.org", 22),
        ("a.example.org:2222", "root", "a.example.org", 2222),
        ("ada@10.0.0.1:2222", "ada", "10.0.0.1", 2222),
        ("ada@[fe80::1]:2222", "ada", "fe80::1", 2222),
        ("[::1]", "root", "::1", 22),
    ],
)
def test_the_short_form(text: str, user: str, address: str, port: int) -> None:
    host = Host.model_validate(text)
    assert (host.user, host.address, host.port) == (user, address, port)


@given(users, addresses, st.integers(1, 65535))
def test_a_host_is_shown_as_it_can_be_written(user: str, address: str, port: int) -> None:
    host = Host(user=user, address=address, port=port)
    assert Host.model_validate(str(host)) == host


def test_each_host_has_the_services_of_its_roles_and_the_first_one_the_database() -> None:
    place = {"directory": "/opt/shop/production", "compose": "production.yml", "also": ("worker", "mail")}
    whole = Environment(
        hosts=(Host(address="a"), Host(address="b", roles=("worker",)), Host(address="c", roles=("mail", "web"))),
        database={"url": {"env": "URL"}},
        migrate=("alembic", "upgrade", "head"),
        test=InContainer(command=("pytest",)),
        e2e=(E2E(collection="e2e.json"),),
        **place,
    )
    app = with_environment(example(), "production", **{name: getattr(whole, name) for name in type(whole).model_fields})
    first, second, third = (Site.of(app, "production", host).config for host in whole.hosts)
    assert [(each.service, each.also) for each in (first, second, third)] == [
        ("web", ("worker", "mail")),
        ("worker", ()),
        ("web", ("mail",)),
    ]
    assert [each.host.address for each in (first, second, third)] == ["a", "b", "c"]
    assert [bool(each.migrate and each.database and each.revision) for each in (first, second, third)] == [
        True,
        False,
        False,
    ]
    assert [bool(each.test and each.e2e) for each in (first, second, third)] == [True, False, True]
    alone = with_environment(app, "production", hosts=whole.hosts[:1], also=())
    assert Site.of(alone, "production", whole.host) == Site.of(alone, "production")
