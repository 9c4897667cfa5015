"""Hosts: the short form and the long one say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import Host

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
