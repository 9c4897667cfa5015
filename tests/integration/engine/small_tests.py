"""Tests of an app as small as can be: a compose file with one service, and what it leaves on the Engine."""

import hashlib
from pathlib import Path

from tests.testbed import docker
from tests.testbed.checkout import ID

LABELS = {"shipline.checkout": ID, "org.opencontainers.image.version": "1.2.3"}
COMPOSE = """
services:
  tests:
    image: ${IMAGE}
    command: ["sh", "-c", "%s"]
    environment: {WORD: "${WORD:-none}", PASSWORD: "${SHOP_REGISTRY_PASSWORD:-none}"}
    volumes: ["${RESULTS}:/results", "data:/data", "${GO:-data}:/go"]
%s
volumes:
  data:
"""
WITH_DATABASE = """    depends_on: [db]
  db: {image: "${IMAGE}", command: ["sleep", "600"], init: true}
"""
JUNIT = "<testsuite name='a' time='1'><testcase name='x'/>%s</testsuite>"
WRITES = f'echo \\"{JUNIT % ""}\\" >/results/junit.xml'
WAITS = "echo ready; while [ ! -e /go/go ]; do sleep 0.1; done"


def write_compose(checkout: Path, command: str, more: str = "") -> None:
    """A compose file whose test service runs this shell command; `more` are further lines of its services."""
    (checkout / "docker-compose-test.yml").write_text(COMPOSE % (command.replace("$", "$$"), more))


def left_over(workspace: Path) -> list[str]:
    """All that Compose projects of tests with this workspace have on the Engine."""
    home = hashlib.sha256(str(workspace / "tests").encode()).hexdigest()[:8]
    label = "com.docker.compose.project"
    form = ["--filter", f"label={label}", "--format", f'{{{{.Label "{label}"}}}}']
    listed = [docker.docker(kind, "ls", *form) for kind in ("container", "network", "volume")]
    listed.append(docker.docker("container", "ls", "--all", *form))
    return [name for names in listed for name in names.split() if name.startswith(f"shipline-test-shop-{home}-")]
