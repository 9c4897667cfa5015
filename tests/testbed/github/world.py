"""All there is on the stand-in: people, repositories, tokens, apps, time, and the events that leave it."""

from __future__ import annotations

import itertools
import random
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from tests.testbed.github.access import Token
from tests.testbed.github.counts import Counts
from tests.testbed.github.deliveries import Deliveries
from tests.testbed.github.faults import Faults
from tests.testbed.github.records import App, Repo, User
from tests.testbed.github.repository import GitRepository
from tests.testbed.github.rest import Address, not_found

LABEL_COLOR = "ededed"


class World:
    """The state; whoever reads or changes it holds `lock`."""

    def __init__(self, root: Path, seed: int = 1) -> None:
        self.root = root
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.at = Address("http://127.0.0.1")
        """How the server is reached from outside: the addresses in webhooks begin with it."""
        self.skew = 0.0
        """Seconds that this clock is ahead of the machine's."""
        self.users: dict[str, User] = {}
        self.repos: dict[str, Repo] = {}
        self.renamed: dict[str, Repo] = {}
        self.tokens: dict[str, Token] = {}
        self.apps: dict[int, App] = {}
        self.counts = Counts(self)
        self.faults = Faults(self.random)
        self.deliveries = Deliveries(self, seed)
        self.mergeable_after = 1
        """How many reads answer `mergeable: null` before it is computed."""
        self._ids = itertools.count(1001)
        self.ghost = User(10137, "ghost", "Deleted user")

    def now(self) -> float:
        """The time of this server."""
        return time.time() + self.skew

    def id(self) -> int:
        """A number nothing else has."""
        return next(self._ids)

    def user(self, login: str) -> User:
        """The account of that name, made when it is new."""
        known = self.users.get(login.lower())
        if known is None:
            known = self.users[login.lower()] = User(self.id(), login, login.replace("-", " ").title())
        return known

    def repo(self, full_name: str) -> Repo:
        """The repository `owner/name`; 404 when there is none."""
        repo = self.repos.get(full_name.lower())
        if repo is None:
            raise not_found()
        return repo

    def add_repo(
        self, full_name: str, *, private: bool = True, default_branch: str = "main", parent: Repo | None = None
    ) -> Repo:
        """A new repository without commits, or a fork that shares the objects of its parent."""
        owner, _, name = full_name.partition("/")
        if not name or full_name.lower() in self.repos:
            raise ValueError(f"{full_name!r} is not a free owner/name")
        number = self.id()
        git = GitRepository.create(self.root / f"{number}.git", default_branch, parent.git.objects if parent else None)
        now = self.now()
        repo = Repo(number, self.user(owner), name, git, private, default_branch, now, now, parent)
        self.repos[full_name.lower()] = repo
        return repo

    def new_token(
        self, user: User, permissions: dict[str, str] | None, repositories: list[str] | None, **more: Any
    ) -> str:
        """A token's text; apps' tokens begin as GitHub's do."""
        text = ("ghs_" if more.get("app") else "github_pat_") + secrets.token_hex(18)
        self.tokens[text] = Token(text, user, permissions, repositories, **more)
        return text

    def close(self) -> None:
        """End the threads and processes that belong to it."""
        self.deliveries.close()
        for repo in [*self.repos.values()]:
            repo.git.objects.close()
