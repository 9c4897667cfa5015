"""A running Shipline for tests: its home, its apps, the developer's repository, and the server it deploys to."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from examples.demo.developer import Developer
from examples.demo.shipline import COMMAND, Shipline
from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT
from tests.support import shop
from tests.support.run_processes import run_processes
from tests.testbed.bed import TestBed


@dataclass
class Ended:
    """How a `shipline` command ended."""

    status: int
    out: str
    error: str

    @property
    def data(self) -> Any:
        """Its answer as JSON data."""
        return json.loads(self.out)


class Pipeline:
    """Shipline on a bed, in a home of its own."""

    def __init__(self, bed: TestBed, folder: Path) -> None:
        self.bed = bed
        self.apps = folder / "apps"
        self.apps.mkdir(parents=True)
        self.developer = Developer(folder / "git")
        self.developer.begin()
        variables = shop.environment(bed, SHOP_REPOSITORY=str(self.developer.origin), SHIPLINE_APPS=str(self.apps))
        self.shipline = Shipline(Home(folder / "home"), variables, Output(json=True))
        self.add("shop")

    def add(self, name: str, **changes: Any) -> None:
        """Add the example app under a name, with some of its top-level keys, or `environments.*` keys for all, replaced."""
        data = yaml.safe_load((PROJECT / "apps" / "shop.yaml").read_text())
        for_all = changes.pop("everywhere", {})
        if name != "shop":  # one app follows the developer; the others are asked by hand
            data["branches"] = {"development": f"{name}-development", "main": f"{name}-main"}
        data |= {"name": name, **changes}
        data["environments"]["production"] |= shop.WITHOUT_ROUTE
        for environment, settings in data["environments"].items():
            settings |= {"directory": f"/opt/shipline/{name}/{environment}", **for_all}
        (self.apps / f"{name}.yaml").write_text(yaml.safe_dump(data))

    def shipline_says(self, *words: str) -> Ended:
        """Run a `shipline` command as a person does."""
        done = subprocess.run(
            [str(COMMAND), *words], env=self.shipline.environment, capture_output=True, text=True, timeout=300
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    @property
    def client(self) -> Client:
        """The running Shipline's API."""
        return Client.of(self.shipline.home)

    def kill_workers(self) -> int:
        """SIGKILL for the process of every run that has begun; how many there were."""
        workers = list(run_processes(self.shipline.home.root))
        for worker in workers:
            worker.kill()
        return len(workers)

    def answer_to(self, run: str) -> list[dict[str, Any]]:
        """The rows of production once those of a killed or cancelled run are closed and a rollback has answered it; empty until then."""
        rows = self.history()
        ids = {row["id"] for row in rows if row["run"] == run}
        closed = all(row["outcome"] not in ("running", "started") for row in rows)
        return rows if ids and closed and any(row["because_of"] in ids for row in rows) else []

    def history(self) -> list[dict[str, Any]]:
        """The rows of production, newest first."""
        return list(self.shipline_says("--json", "history", "shop", "production").data)


def one_sentence(ended: Ended, *parts: str) -> None:
    """A command failed, said why in one line with these parts, and showed no stack trace."""
    assert ended.status == 1, ended.out
    said = str(ended.data["error"])
    assert "\n" not in said and "Traceback" not in ended.error + ended.out, said
    for part in parts:
        assert part in said, said


def integrate(pipeline: Pipeline, app: str, commit: str) -> Ended:
    """Make the image of a commit, without a sensor."""
    return pipeline.shipline_says("--json", "run", "integrate", app, "--commit", commit)


def on_a_branch(pipeline: Pipeline, branch: str, *edits: tuple[str, str, str]) -> str:
    """Commit edits on a branch of their own, which no sensor follows; gives the commit."""
    return pipeline.developer.push_branch(branch, f"Try {branch}", *edits)
