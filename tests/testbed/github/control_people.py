"""Control: accounts, tokens, roles and apps."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.testbed.github.access import LEVELS
from tests.testbed.github.records import App, Json, User
from tests.testbed.github.world import World


class People:
    """Who there is, and what they may do."""

    world: World

    def create_user(self, login: str, name: str | None = None, type: str = "User") -> str:
        """An account, also an `Organization`. Accounts named elsewhere are made by themselves."""
        with self.world.lock:
            user = self.world.user(login)
            user.name, user.type = name or user.name, type
        return user.login

    def delete_user(self, login: str) -> None:
        """Delete an account: what it wrote has no user any more (`user: null`), and its tokens are void."""
        with self.world.lock:
            user = self.world.users.pop(login.lower())
            self.world.tokens = {text: one for text, one in self.world.tokens.items() if one.user is not user}
            for repo in self.world.repos.values():
                for issue in repo.issues.values():
                    issue.user = None if issue.user is user else issue.user
                    for comment in issue.comments:
                        comment.user = None if comment.user is user else comment.user

    def set_permission(self, repo: str, login: str, level: str) -> None:
        """Give a person a role in a repository: none, read, triage, write, maintain or admin."""
        if level not in LEVELS:
            raise ValueError(f"{level!r} is none of {', '.join(LEVELS)}")
        with self.world.lock:
            self.world.repo(repo).collaborators[self.world.user(login).login] = level

    def create_token(
        self, login: str, permissions: dict[str, str] | None = None, repositories: list[str] | None = None
    ) -> str:
        """A token of a person: with everything the person may do, or with fine-grained permissions only.

        Names are those of X-Accepted-GitHub-Permissions: contents, statuses, deployments, issues, pull_requests,
        administration, repository_hooks.
        """
        with self.world.lock:
            return self.world.new_token(self.world.user(login), permissions, repositories)

    def revoke_token(self, token: str) -> None:
        """Make a token invalid."""
        with self.world.lock:
            self.world.tokens.pop(token)

    def create_app(
        self, slug: str, owner: str, permissions: dict[str, str], repositories: list[str] | None = None
    ) -> Json:
        """An app, installed at an owner (for these repositories, or for all): id, private_key (PEM), installation_id."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with self.world.lock:
            bot = User(self.world.id(), f"{slug}[bot]", slug, "Bot")
            self.world.users[bot.login.lower()] = bot
            account = self.world.user(owner)
            number, installation = self.world.id(), self.world.id()
            self.world.apps[number] = App(
                number, slug, account, bot, public.decode(), permissions, installation, self.world.now(), repositories
            )
        return {"id": number, "slug": slug, "private_key": private.decode(), "installation_id": installation}
