"""Tested: commits of the tiny app whose tests lie outside of what its image is built from."""

from tests.integration.tiny import Tiny
from tests.support.shop import git
from tests.testbed.images import BASE

COMPOSE = f"""
services:
  tests:
    image: {BASE.name}
    command: [sh, /tests/run.sh]
    volumes: ["./tests:/tests:ro", "${{RESULTS}}:/results"]
  shipped: {{image: "${{IMAGE}}", scale: 0}}
"""
PASSES = "echo \"<testsuite name='a'><testcase name='x'/></testsuite>\" >/results/junit.xml\n"
IGNORED = "tests\ndocker-compose-test.yml\nversion.txt\ntiny.yml\n.git\n"


def commit(tiny: Tiny, version: str, run: str, compose: str = COMPOSE, dockerfile: str = "") -> dict[str, str]:
    """A commit whose image is the same as that of every other, with these tests."""
    tiny.commit(version, "the same")
    if dockerfile:
        (tiny.repository / "Dockerfile").write_text(dockerfile)
    (tiny.repository / ".dockerignore").write_text(IGNORED)
    (tiny.repository / "docker-compose-test.yml").write_text(compose)
    (tiny.repository / "tests").mkdir(exist_ok=True)
    (tiny.repository / "tests" / "run.sh").write_text(run)
    git(tiny.repository, "add", "--all")
    git(tiny.repository, "commit", "--quiet", "--amend", "-m", version)
    return {"commit": git(tiny.repository, "rev-parse", "HEAD"), "branch": "main"}
