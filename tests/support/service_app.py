"""The app of the tests of the service: its file, its repository, and its secrets as files."""

import shutil
from pathlib import Path

from tests.support.shop import git
from tests.testbed.bed import TestBed
from tests.testbed.registry import INSIDE_PORT

APP = """
repository: {repository}
image: {registry}/blog
registry: {{username: {{file: /run/secrets/user}}, password: {{file: /run/secrets/password}}}}
lint: {{command: {lint}}}
test: {{compose: test.yml, service: tests, junit: junit.xml}}
environments:
  production:
    hosts: {{address: {server}, user: root, key: /run/secrets/ssh-key, known_hosts: /run/secrets/known_hosts}}
    directory: /opt/blog
    compose: production.yml
    service: web
    port: 80
"""
FILES = {
    "version.txt": "1.0.0\n",
    "Dockerfile": "FROM debian:bookworm-slim\nCOPY version.txt /\n",
    "production.yml": """
services:
  web:
    image: blog
    command: [sleep, infinity]
    init: true
    healthcheck: {test: [CMD, "true"], interval: 1s}
""",
    "test.yml": """
services:
  tests:
    image: ${IMAGE}
    command: [sh, -c, "echo '<testsuite><testcase name=\\"works\\"/></testsuite>' >/results/junit.xml"]
    volumes: ["${RESULTS}:/results"]
""",
}


def lint_and_reach_registry(home: Path, bed: TestBed) -> str:
    """A lint command after which the run's container has the bed's registry under its address of this machine."""
    return f"python {home}/port_forward.py {bed.registry.port} {bed.registry.name} {INSIDE_PORT}"


def write(home: Path, bed: TestBed, lint: str) -> None:
    """The app's file, for this bed and with this lint command."""
    (home / "apps" / "blog.yaml").write_text(text(home, bed, lint))


def text(home: Path, bed: TestBed, lint: str, repository: str = "") -> str:
    """The same as text, for another repository where one is named."""
    return APP.format(
        repository=repository or home / "blog", registry=bed.registry.address, server=bed.servers[0].name, lint=lint
    )


def fill(service: Path, bed: TestBed) -> None:
    """What a user puts into a service's folder, owned by the containers' user: a repository and secrets."""
    home, secrets = service / "home", service / "secrets"
    server = bed.servers[0]
    texts = {
        "user": bed.registry.user,
        "password": f"{bed.registry.password}\n",
        "ssh-key": bed.key.read_text(),
        "known_hosts": f"{server.name} {server.known_hosts_line().partition(' ')[2]}\n",
    }
    for name, text in texts.items():
        (secrets / name).write_text(text)
        (secrets / name).chmod(0o600)
    shutil.copy(Path(__file__).parent / "port_forward.py", home)
    _make_repository(home / "blog")
    owner = home.stat()
    for path in (*secrets.iterdir(), home / "blog", *(home / "blog").rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)


def _make_repository(folder: Path) -> None:
    """One commit on both branches."""
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    git(folder, "init", "-q", "-b", "development")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "branch", "main")
