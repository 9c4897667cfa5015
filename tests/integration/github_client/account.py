"""The account with which the door to GitHub is tried."""

from datetime import datetime
from typing import Any

from pipeline_defs.config import App
from tests.testbed.github import GitHubServer

REPO = "acme/shop"
ALL = {"contents": "write", "statuses": "write", "deployments": "write", "pull_requests": "write", "issues": "write"}
TOKEN = "SHOP_TEST_GITHUB_TOKEN"


def app_of(server: GitHubServer, *, api: str = "", **access: Any) -> App:
    """The app shop on this GitHub."""
    return App.model_validate(
        {
            "name": "shop",
            "repository": server.git_url(REPO),
            "image": "registry.example.org/team/shop",
            "environments": {
                "production": {"hosts": "a.example.org", "directory": "/opt/shop", "compose": "production.yml"}
            },
            "github": {"repository": REPO, "api": api or server.url, **(access or {"token": {"env": TOKEN}})},
        }
    )


def pull_of(server: GitHubServer, branch: str = "fix", **more: Any) -> int:
    """A new pull request of ada's."""
    server.commit(REPO, {f"{branch}.txt": branch}, branch=branch, by="ada")
    return server.create_pull(REPO, branch, base="main", by="ada", **more)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
