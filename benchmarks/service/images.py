"""Images: who those of the service run as, what they hold that does not belong there, and how soon they start."""

import json
import re
import subprocess
import time
from statistics import median
from typing import Any

from benchmarks.parts import Failed, Tell
from benchmarks.service.figures import Figures
from benchmarks.service.ground import Ground
from tests.testbed import docker

OURS = ("code", "engine-launch")
"""A service for each image that is built here; the others are published by their makers."""

BUILD_TOOLS = re.compile(r"(^|/)s?bin/(gcc|g\+\+|cc|make|ld|pip3?|easy_install|npm|cargo)$|-packages/(pip|setuptools)$")
SECRETS = re.compile(
    r"(^|/)(\.env|\.netrc|\.pgpass|pgpass|id_(rsa|ed25519|ecdsa)|.*\.pem|\.git-credentials|\.docker/config\.json)$"
)
PUBLIC = re.compile(
    r"(^|/)(etc/ssl/|usr/share/ca-certificates/|usr/lib/ssl/|.*/(certifi|pip/_vendor/certifi|botocore)/cacert\.pem$|.*/grpc/_cython/_credentials/roots\.pem$)"
)
WORDS = re.compile(r"(password|secret|token|api[_-]?key)\s*=\s*\S+", re.IGNORECASE)
_TIMES = 3


def measure(ground: Ground, tell: Tell) -> Figures:
    """Look at each, and start each component some times."""
    containers = ground.service.containers()
    for image in {containers[name]["Config"]["Image"] for name in OURS}:
        if held := found_in(image):
            raise Failed(f"the image {image} holds what does not belong there: {', '.join(held[:5])}")
    as_root = roots(ground)
    if as_root:
        tell(f"as root: {', '.join(as_root)}")
    seconds = {name: median(_start(ground, name) for _ in range(_TIMES)) for name in containers}
    slowest = max(seconds, key=lambda name: seconds[name])
    tell(
        f"the slowest to start is {slowest}: {', '.join(f'{name} {took:.1f} s' for name, took in sorted(seconds.items()))}"
    )
    return {"images_as_root": len(as_root), "image_start_s": round(seconds[slowest], 1)}


def found_in(image: str) -> list[str]:
    """Build tools and secrets among an image's files, and secrets in the words with which it was made."""
    container = docker.docker("create", image)
    try:
        with subprocess.Popen([docker.client(), "export", container], stdout=subprocess.PIPE) as export:
            files = subprocess.run(["tar", "--list"], stdin=export.stdout, capture_output=True, text=True, check=True)
        if export.returncode:
            raise Failed(f"the files of the image {image} cannot be listed")
    finally:
        docker.docker("rm", container)
    listing = [name.rstrip("/") for name in files.stdout.splitlines()]  # a folder may be a tool, too
    tools = [name for name in listing if BUILD_TOOLS.search(name)]
    secrets = [name for name in listing if SECRETS.search(name) and not PUBLIC.search(name)]
    made = docker.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    variables = json.loads(docker.docker("inspect", "-f", "{{json .Config.Env}}", image))
    return tools + secrets + [line[:60] for line in [*made.splitlines(), *variables] if WORDS.search(line)]


def roots(ground: Ground) -> list[str]:
    """The components of which a process runs as root."""
    found = {
        name: docker.docker("top", each["Id"], "-eo", "pid,uid").split()[3::2]
        for name, each in ground.service.containers().items()
    }
    return [name for name, users in found.items() if "0" in users]


def _start(ground: Ground, name: str) -> float:
    """Seconds from its start until its own check finds it well, which is asked at once here, and not when the Engine asks next."""
    found = ground.service.containers()[name]
    docker.docker("stop", found["Id"])
    began, at = time.monotonic(), time.time()
    docker.docker("start", found["Id"])
    while time.monotonic() < began + 120:
        if _is_well(ground, name, found, at):
            return time.monotonic() - began
        time.sleep(0.1)
    raise Failed(f"{name} is not well 120 s after its start")


def _is_well(ground: Ground, name: str, found: dict[str, Any], since: float) -> bool:
    if name == "daemon":  # its check would be content with what its predecessor has left
        return ground.service.hears_daemons(since)
    kind, *check = found["Config"].get("Healthcheck", {}).get("Test") or ["CMD", "true"]
    shell = ["sh", "-c"] if kind == "CMD-SHELL" else []
    return docker.succeeds("exec", found["Id"], *shell, *check)
