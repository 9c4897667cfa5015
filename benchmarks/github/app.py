"""App: what is watched. Its runs are real ones, and quick: what is measured is how they come about, and that they end."""

from pathlib import Path

from tests.testbed.bed import TestBed
from tests.testbed.github import GitHubServer

APP = "shop"
REPOSITORY = "acme/shop"

FILE = """
repository: {url}
image: {image}/{name}
lint: ["sh", "-c", "{lint}"]
test: null
github:
  repository: {repository}
  api: {api}
  token: {{file: {folder}/token}}
  webhook_secret: {{file: {folder}/secret}}
  report: false
  pulls: trusted
"""
"""Nothing is reported, since GitHub would allow no account so many statuses in an hour."""

NOWHERE = """
environments:
  production: {{hosts: a.example.org, directory: /opt/{name}, compose: production.yml}}
"""
FAILS = "exit 3"

ON_BED = """
registry: {{username: {{env: SHOP_REGISTRY_USER}}, password: {{env: SHOP_REGISTRY_PASSWORD}}}}
environments:
  production:
    hosts: {{address: "${{SHOP_HOST}}", port: "${{SHOP_SSH_PORT}}", key: "${{SHOP_SSH_KEY}}", known_hosts: "${{SHOP_KNOWN_HOSTS}}"}}
    directory: /opt/{name}
    compose: production.yml
"""
FAILS_SOMETIMES = "test $(($(find . -name '*.txt' | wc -l) % 4)) -gt 0"
"""True for three of four commits, where each has more files than the one before."""

CONTENT: dict[str, str | None] = {
    "version.txt": "1.0.0\n",
    "Dockerfile": "FROM debian:bookworm-slim\nHEALTHCHECK --interval=1s CMD true\nCMD sleep infinity\n",
    ".dockerignore": "*\n",
    "production.yml": 'services: {web: {image: shop, init: true, stop_grace_period: "1s"}}\n',
}
"""No change is part of the image, so that it is built once, and found again by all other runs."""


def make_app(folder: Path, github: GitHubServer, name: str, repository: str, bed: TestBed | None) -> None:
    """The app's repository, and its file in `folder/apps`. It is deployed to the bed; without one every run fails at once."""
    github.create_repository(repository, files=CONTENT)
    github.create_branch(repository, "development", "main")
    github.set_permission(repository, "shipline", "write")
    text = (FILE + (ON_BED if bed else NOWHERE)).format(
        name=name,
        folder=folder,
        url=github.git_url(repository),
        repository=repository,
        api=github.url,
        image=bed.registry.address if bed else "127.0.0.1:9/team",
        lint=FAILS_SOMETIMES if bed else FAILS,
    )
    (folder / "apps" / f"{name}.yaml").write_text(text)
