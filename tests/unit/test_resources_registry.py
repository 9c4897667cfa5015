"""How an image's name becomes a registry's address, as Docker reads names; and logins that are not answered."""

import pytest

from pipeline_defs.config import Secret
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_login import Credentials, Login


@pytest.mark.parametrize(
    ("repository", "host", "name", "base"),
    [
        ("team/shop", "docker.io", "team/shop", "https://registry-1.docker.io/v2/team/shop/"),
        ("shop", "docker.io", "library/shop", "https://registry-1.docker.io/v2/library/shop/"),
        ("docker.io/shop", "docker.io", "library/shop", "https://registry-1.docker.io/v2/library/shop/"),
        ("index.docker.io/team/shop", "docker.io", "team/shop", "https://registry-1.docker.io/v2/team/shop/"),
        ("ghcr.io/team/shop", "ghcr.io", "team/shop", "https://ghcr.io/v2/team/shop/"),
        ("registry.example.org:5000/a/b/c", "registry.example.org:5000", "a/b/c", "https://registry.example.org:5000/v2/a/b/c/"),
        ("registry:5000/shop", "registry:5000", "shop", "https://registry:5000/v2/shop/"),
        ("localhost/shop", "localhost", "shop", "http://localhost/v2/shop/"),
        ("127.0.0.1:5000/shop", "127.0.0.1:5000", "shop", "http://127.0.0.1:5000/v2/shop/"),
        ("127.1.2.3:5000/shop", "127.1.2.3:5000", "shop", "http://127.1.2.3:5000/v2/shop/"),
        ("10.0.0.1:5000/shop", "10.0.0.1:5000", "shop", "https://10.0.0.1:5000/v2/shop/"),
    ],
)  # fmt: skip
def test_names(repository: str, host: str, name: str, base: str) -> None:
    registry = Registry(repository)
    assert (registry.host, registry.name, registry.base) == (host, name, base)


def test_plain_http_only_where_it_is_asked_for() -> None:
    assert Registry("10.0.0.1:5000/shop", insecure=True).base.startswith("http://")


def never(*_: object, **__: object) -> None:
    """No token may be fetched."""
    raise AssertionError("a password was about to be sent")


@pytest.mark.parametrize(
    ("challenge", "sentence"),
    [
        (
            'Bearer realm="http://tokens.example.org/",service="x"',
            "asks to log in without encryption at 'http://tokens",
        ),
        ('Bearer service="x"', "asks to log in without encryption at ''"),
        ("Negotiate", "asks for an unknown kind of login (Negotiate)"),
        ("", "asks for an unknown kind of login (none named)"),
    ],
)
def test_logins_that_are_not_answered(challenge: str, sentence: str) -> None:
    login = Login("registry.example.org", Credentials("ada", Secret("s3cr3t")), plain=False)
    with pytest.raises(RegistryError) as caught:
        login.answer(challenge, never)  # type: ignore[arg-type]
    assert sentence in str(caught.value)


def test_credentials_do_not_show_their_password() -> None:
    assert "s3cr3t" not in repr(Credentials("ada", Secret("s3cr3t")))
