"""Ground: the service in its containers, with one app whose repository is on the stand-in for GitHub, and a server to deploy to."""

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from pipeline_defs.release.change import Change, Trigger, run_id
from tests.support import service_app
from tests.support.service import RunningService
from tests.support.service import service as running_service
from tests.testbed import docker
from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer
from tests.testbed.github.deliveries import signature

APP, REPOSITORY, BRANCH = "blog", "acme/blog", "main"
_SECRET = "It's a Secret to Everybody"
_GITHUB = """
github:
  repository: {repository}
  api: {api}
  token: {{file: /run/secrets/token}}
  webhook_secret: {{file: /run/secrets/webhook}}
  report: false
"""


@dataclass
class Ground:
    """The service, and what developers and GitHub do to it."""

    service: RunningService
    github: GitHubServer
    _number: int = 0

    def push(self) -> tuple[str, str]:
        """A commit with the next version on the main branch, which GitHub does not tell anybody of; its id and version."""
        self._number += 1
        version = f"1.{self._number}.0"
        return self.github.commit(REPOSITORY, {"version.txt": f"{version}\n"}, BRANCH, by="dora"), version

    def deliver(self, commit: str) -> int:
        """What GitHub tells of it; the status of the receiver's answer."""
        return self._send("push", {"ref": f"refs/heads/{BRANCH}", "after": commit})

    def listens(self) -> bool:
        """True when the receiver accepts what GitHub sends to try a webhook."""
        try:
            return self._send("ping", {"zen": "Keep it logically awesome."}) < 300
        except requests.RequestException:
            return False

    def _send(self, event: str, told: dict[str, str]) -> int:
        body = json.dumps(told | {"repository": {"full_name": REPOSITORY}}).encode()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": event,
            "X-Hub-Signature-256": signature(_SECRET, body),
        }
        url = f"https://localhost:{self.service.port}/webhooks/github"
        return requests.post(
            url, data=body, headers=headers, timeout=30, verify=str(self.service.root_certificate)
        ).status_code

    def history(self) -> list[dict[str, Any]]:
        """The app's history, newest first, as the command line tells it."""
        found: list[dict[str, Any]] = self.service.shipline("history", APP, "production", "--limit", "100")
        return found


def run_of(commit: str) -> str:
    """The id of the run that answers a commit on the main branch."""
    return run_id(Change(app=APP, trigger=Trigger.MERGE, commit=commit, branch=BRANCH).key)


@contextmanager
def ground(bed: TestBed, name: str) -> Iterator[Ground]:
    """The service under this name, after its sensor's first look at the repository; removed after the block."""
    gateway = docker.docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
    with GitHubServer(host=gateway, validate=False) as github, running_service(bed, name) as service:
        github.create_repository(REPOSITORY, files=dict(service_app.FILES))
        github.create_branch(REPOSITORY, "development", BRANCH)
        github.set_permission(REPOSITORY, "shipline", "write")
        for secret, text in (("token", github.create_token("shipline")), ("webhook", _SECRET)):
            file = service.folder / "secrets" / secret
            file.write_text(text)
            owner = service.home.stat()
            shutil.chown(file, owner.st_uid, owner.st_gid)
        text = service_app.text(
            service.home, bed, service_app.lint_and_reach_registry(service.home, bed), github.git_url(REPOSITORY)
        )
        app = service.home / "apps" / f"{APP}.yaml"
        app.write_text(text + _GITHUB.format(repository=REPOSITORY, api=github.url))
        made = Ground(service, github)
        _wait_for_first_look(made)
        yield made


def _wait_for_first_look(made: Ground) -> None:
    """Until the sensor knows where the branches stand: what moves before that moves unseen."""
    deadline = time.monotonic() + 120
    while not (made.service.reloads() and made.service.ticked("github")):
        if time.monotonic() > deadline:
            raise TimeoutError("the sensor github has not looked at GitHub within 120 s")
        time.sleep(1)
