"""Hub: the team's GitHub in the story. A stand-in keeps it; the people and Shipline speak with it as with the real one."""

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from github import Auth, Github
from github.PullRequest import PullRequest
from github.Repository import Repository

from examples.demo.developer import Developer
from examples.demo.shipline import StoryFailed
from pipeline_defs.cli.cli_output import Output
from tests.testbed.github import GitHubServer

REPOSITORY = "round-the-corner/shop"
PERMISSIONS = {
    "contents": "write",
    "statuses": "write",
    "deployments": "write",
    "issues": "write",
    "pull_requests": "write",
}
"""What Shipline's token may do, as README names it."""

SETTINGS = """
github:
  repository: ${SHOP_GITHUB_REPOSITORY}
  api: ${SHOP_GITHUB_API}
  token: {env: SHOP_GITHUB_TOKEN}
  webhook_secret: {env: SHOP_WEBHOOK_SECRET}
  pulls: trusted
versioning: automatic
stage: {pulls: rehearse}
"""
"""What the demo adds to the sample app's file."""

_REPORT_SECONDS = 60.0


class Hub:
    """The shop's repository on GitHub: Ada opens and merges pull requests there, and Shipline reports."""

    def __init__(self, folder: Path, output: Output) -> None:
        """`folder` holds the repositories."""
        self._server = GitHubServer(folder, validate=False)
        self._output = output
        self._ada: Repository | None = None

    def begin(self, shop: Path) -> Mapping[str, str]:
        """Make the repository from the sample app, with `main` and `development`; gives the variables that Shipline needs."""
        self._server.start()
        repository = self._server.create_repository(REPOSITORY, folder=shop)
        self._server.create_branch(repository, "development")
        for login in ("ada", "shipline"):
            self._server.set_permission(repository, login, "write")
        ada = Auth.Token(self._server.create_token("ada"))
        self._ada = Github(base_url=self._server.url, auth=ada, seconds_between_writes=None).get_repo(repository)
        return {
            "SHOP_REPOSITORY": self._server.git_url(repository),
            "SHOP_GITHUB_REPOSITORY": repository,
            "SHOP_GITHUB_API": self._server.url,
            "SHOP_GITHUB_TOKEN": self._server.create_token("shipline", PERMISSIONS),
            "SHOP_WEBHOOK_SECRET": secrets.token_urlsafe(12),
        }

    def end(self) -> None:
        """Stop it."""
        self._server.stop()

    def invite(self, developer: Developer) -> None:
        """Let the developer clone the repository and push to it, as Ada."""
        developer.join(self._server.git_url(REPOSITORY), f"ada:{self._server.create_token('ada')}")

    def send_deliveries(self, port: int, secret: str) -> None:
        """Set up the webhook, as a person does on the repository's page of settings."""
        self._server.create_hook(REPOSITORY, f"http://127.0.0.1:{port}/", secret, ["push", "pull_request"])

    def open_issue(self, title: str) -> int:
        """Somebody wants something; gives its number."""
        return self._repository.create_issue(title).number

    def open_pull(self, branch: str, base: str, title: str, body: str = "") -> PullRequest:
        """Open a pull request."""
        pull = self._repository.create_pull(base, branch, title=title, body=body)
        self._output.say(f"  Ada opens pull request #{pull.number} into {base}: {title}")
        return pull

    def merge(self, pull: PullRequest) -> str:
        """Merge it; gives the commit that its base has then."""
        merged = pull.merge(sha=pull.head.sha).sha
        self._output.say(f"  Ada merges #{pull.number} into {pull.base.ref} ({merged[:12]})")
        return merged

    def wait_until_green(self, pull: PullRequest) -> None:
        """Wait until Shipline has reported success for every stage on the pull request's head, and show it as GitHub does."""
        deadline = time.monotonic() + _REPORT_SECONDS
        while (state := self._repository.get_commit(pull.head.sha).get_combined_status()).state != "success":
            if time.monotonic() > deadline:
                shown = ", ".join(f"{each.context}: {each.state}" for each in state.statuses) or "nothing"
                raise StoryFailed(f"pull request #{pull.number} is not green within {_REPORT_SECONDS:.0f} s: {shown}")
            time.sleep(0.5)
        shown = "  ".join(f"✓ {each.context.rpartition('/')[2]}" for each in reversed(state.statuses))
        self._output.say(("  GitHub shows on the pull request: ", "dim"), (shown, "green"))

    def show(self) -> None:
        """What GitHub knows by now, once Shipline has told all of it."""
        released = self._wait_for(
            lambda: [each for each in self._repository.get_releases() if each.tag_name == "v1.2.0"]
        )
        rows = self._repository.get_deployments()
        self._output.say(("\nOn GitHub stand, written by Shipline:", "bold"))
        for row in rows:
            latest = next(iter(row.get_statuses()), None)
            self._output.say(
                f"  deployment of {row.sha[:12]} to {row.environment}: {latest.state if latest else 'no word'}"
            )
        for line in released[0].body.splitlines():
            self._output.say((f"  {line}", "dim"))

    def _wait_for(self, look: Any) -> Any:
        deadline = time.monotonic() + _REPORT_SECONDS
        while not (found := look()):
            if time.monotonic() > deadline:
                raise StoryFailed(f"Shipline has not told GitHub of version 1.2.0 within {_REPORT_SECONDS:.0f} s")
            time.sleep(0.5)
        return found

    @property
    def _repository(self) -> Repository:
        assert self._ada is not None, "begin() comes first"
        return self._ada
