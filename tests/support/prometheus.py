"""The real Prometheus, from Debian's package, in a container on this machine's network; and its own checks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from pipeline_defs.config.home import PROJECT
from tests.testbed import docker
from tests.testbed.checkout import CHECKOUT_LABEL, ID, STAND_IN_LABEL
from tests.testbed.container import LOOPBACK, free_port
from tests.testbed.waiting import holds_within

IMAGE = "shipline-testbed-prometheus"
RECIPE = """
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/*
"""
MONITORING = PROJECT / "docker" / "monitoring"
NAME = f"shipline-{ID}-prometheus"


def image() -> str:
    """The image, made when it is not there."""
    if not docker.succeeds("image", "inspect", IMAGE):
        docker.docker("build", "--quiet", "--tag", IMAGE, "--label", STAND_IN_LABEL, "-", input=RECIPE, timeout=600)
    return IMAGE


def promtool(*words: str, said: str = "") -> str:
    """What Prometheus' own tool says, with the examples of docker/monitoring in its folder. Fails when it finds a mistake."""
    mounted = ["--volume", f"{MONITORING}:/monitoring:ro", "--workdir", "/monitoring"]
    return docker.docker(
        "run", "--rm", "--interactive", "--network", "none", *mounted, "--entrypoint", "promtool", image(), *words, input=said
    )  # fmt: skip


class Prometheus:
    """A Prometheus that runs, asked by its API."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{LOOPBACK}:{port}"

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer; a query that it does not understand fails."""
        answer = requests.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression has now."""
        found: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return found

    def value(self, expression: str) -> float:
        """The number of its one series."""
        (found,) = self.query(expression)
        return float(found["value"][1])

    def scrapes(self) -> int:
        """How often it has asked."""
        found = self.query('count_over_time(up{job="shipline"}[10m])')
        return int(found[0]["value"][1]) if found else 0


@contextmanager
def prometheus(folder: Path, port: int) -> Iterator[Prometheus]:
    """A Prometheus inside the block, with the example's settings but for where the observer is, and a scrape each second."""
    settings = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    (job,) = settings["scrape_configs"]
    settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    job |= {"scheme": "http", "static_configs": [{"targets": [f"{LOOPBACK}:{port}"]}]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    (folder / "rules.yml").write_text((MONITORING / "rules.yml").read_text())
    (folder / job["basic_auth"]["password_file"]).write_text("a password\n")
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    own = free_port()
    docker.docker("rm", "--force", "--volumes", NAME, check=False)
    docker.docker(
        "run", "--detach", "--name", NAME, "--label", CHECKOUT_LABEL, "--network", "host", "--volume", f"{folder}:/etc/shipline:ro",
        "--tmpfs", "/data", "--entrypoint", "prometheus", image(), "--config.file=/etc/shipline/prometheus.yml",
        "--storage.tsdb.path=/data", f"--web.listen-address={LOOPBACK}:{own}",
    )  # fmt: skip
    try:
        made = Prometheus(own)
        assert holds_within(60, lambda: ready(made)), docker.docker("logs", NAME)
        yield made
    finally:
        docker.docker("rm", "--force", "--volumes", NAME, check=False)


def ready(made: Prometheus) -> bool:
    """True when it has asked twice, so that a rate can be told."""
    try:
        return made.scrapes() >= 3
    except requests.RequestException:
        return False
