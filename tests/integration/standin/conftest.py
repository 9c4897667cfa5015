"""A GitHub with one repository, asked in two ways."""

from typing import Any

import pytest

from tests.integration.standin.asking import SHOP, Client, connect
from tests.testbed.github import GitHubServer


@pytest.fixture
def shop(github: GitHubServer) -> GitHubServer:
    """A server with the repository acme/shop, in which dora may write."""
    github.create_repository(SHOP, files={"version.txt": "1.0.0\n", "README.md": "A shop\n"})
    github.set_permission(SHOP, "dora", "write")
    return github


@pytest.fixture
def api(shop: GitHubServer) -> Client:
    """Plain requests as dora."""
    return Client(shop, shop.create_token("dora"))


@pytest.fixture
def hub(shop: GitHubServer) -> Any:
    """PyGithub's repository acme/shop, as dora."""
    return connect(shop.url, shop.create_token("dora")).get_repo(SHOP)
