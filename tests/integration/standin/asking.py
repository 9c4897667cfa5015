"""What the tests of the stand-in for GitHub ask it with."""

import subprocess
from pathlib import Path
from typing import Any

import github as pygithub
import requests

from tests.testbed.github import GitHubServer

SHOP = "acme/shop"
SHA_ONLY = "application/vnd.github.sha"
NOBODY = "0" * 40


class Client:
    """Plain requests to the API as one token."""

    def __init__(self, server: GitHubServer, token: str) -> None:
        self.base = server.url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.base}/repos/{SHOP}{path}"
        return self.session.request(method, url, headers=headers, json=body or None, allow_redirects=False, timeout=10)


def connect(url: str, token: str) -> pygithub.Github:
    """PyGithub without its pauses and repetitions."""
    options: dict[str, Any] = {"seconds_between_requests": None, "seconds_between_writes": None, "retry": None}
    return pygithub.Github(base_url=url, auth=pygithub.Auth.Token(token), **options)


def opened(server: GitHubServer, branch: str = "fix", files: dict[str, str | None] | None = None, **more: Any) -> int:
    """A pull request of dora's with one commit."""
    server.commit(SHOP, files or {f"{branch}.txt": "new\n"}, branch, f"Add {branch}", by="dora")
    return server.create_pull(SHOP, branch, by="dora", title=f"The {branch}", **more)


def git(*words: str, folder: Path | None = None) -> str:
    """Run git as a developer without settings of this machine."""
    who = ["-c", "user.name=Dora", "-c", "user.email=dora@example.org", "-c", "credential.helper="]
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()
