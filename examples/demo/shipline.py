"""Shipline as the story's people use it: `shipline up` running, its runs awaited and shown, its commands called."""

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dagster import DagsterInstance

from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.run_follower import Follower
from pipeline_defs.config import Home
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.home import PROJECT
from pipeline_defs.config.web_token import read_token, with_token
from pipeline_defs.runtime.automation.entries import read_entry

COMMAND = PROJECT / ".venv" / "bin" / "shipline"
_READY_SECONDS = 180.0
_NOTICE_SECONDS = 60.0

_RUNS = """query($job: String!, $tags: [ExecutionTag!]) { runsOrError(filter: {pipelineName: $job, tags: $tags}, limit: 1) {
  ... on Runs { results { runId } } } }"""


class StoryFailed(Exception):
    """The story did not go as it should; the message says where."""


class Shipline:
    """A Shipline of the demo's own, in its own home."""

    def __init__(self, home: Home, variables: Mapping[str, str], output: Output) -> None:
        self.home = home
        self._output = output
        # Before what this process has in its environment, which may be another home's.
        self.environment = {**os.environ, **variables, "SHIPLINE_HOME": str(home.root)}
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.settings.touch(mode=0o600)
        home.settings.write_text("".join(f"{name}='{value}'\n" for name, value in sorted(variables.items())))
        self._process: subprocess.Popen[bytes] | None = None

    def up(self, port: int | None = None) -> str:
        """Start it; gives the address of its web page, token included. Without a port it takes 3000 or a free one."""
        log = self.home.root / "up.log"
        with log.open("wb") as out:
            words = [str(COMMAND), "up", *(["--port", str(port)] if port else [])]
            self._process = subprocess.Popen(
                words, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        return self._until(lambda: self._client_url(), _READY_SECONDS, f"Shipline did not start; see {log}")

    def down(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=300)

    def end_leftovers(self) -> None:
        """End what an earlier demo that was killed left running."""
        subprocess.run([str(COMMAND), "down"], env=self.environment, stdout=subprocess.DEVNULL, check=False)

    def wait_for_first_look(self, app: str, sensor: str) -> None:
        """Wait until the sensor knows where the app's branches stand; what moves from then on starts runs."""
        with DagsterInstance.from_config(str(self.home.root)) as instance:
            self._until(
                lambda: read_entry(instance, app, sensor),
                _NOTICE_SECONDS,
                f"the sensor {sensor} has not looked at {app}",
            )

    def follow(self, job: str, commit: str, *, succeeds: bool = True, change: bool = False) -> dict[str, Any]:
        """Wait until the job was started for a commit, show its stages, and check how it ended.

        `change`: by what was seen on GitHub; the commit that is shipped may be a later one, which gives it its version.
        """
        client = Client.of(self.home)
        tags = [{"key": "head", "value": commit} if change else {"key": "commit", "value": commit[:12]}]

        def started() -> str | None:
            runs = client.ask(_RUNS, job=job, tags=tags)["runsOrError"]["results"]
            return str(runs[0]["runId"]) if runs else None

        before = time.monotonic()
        run = self._until(started, _NOTICE_SECONDS, f"nobody started {job} for {commit[:12]}")
        noticed = time.monotonic() - before
        self._output.say(
            ("  noticed", "dim"), (f" after {noticed:.0f} s: ", "dim"), (job, "bold"), f"  {client.run_url(run)}"
        )
        ended = Follower(client, run, job.partition("_")[0], self._output).until_the_end()
        if (ended["status"] == "SUCCESS") is not succeeds:
            raise StoryFailed(f"{job} ended as {ended['status']}: {ended['error']}; see {client.run_url(run)}")
        return ended

    def ask(self, *words: str) -> Any:
        """What a `shipline` command answers, as JSON data."""
        done = subprocess.run([str(COMMAND), "--json", *words], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise StoryFailed(f"shipline {' '.join(words)} failed: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def show(self, *words: str) -> None:
        """Call a `shipline` command in front of the reader."""
        self._output.say((f"\n$ shipline {shlex.join(words)}", "bold cyan"))
        subprocess.run([str(COMMAND), *words], env=self.environment, check=True)

    def page(self, path: str) -> str:
        """The address of a part of its web page."""
        return f"{Client.of(self.home).url.rstrip('/')}{path}"

    def _client_url(self) -> str | None:
        assert self._process is not None
        if self._process.poll() is not None:
            raise StoryFailed((self.home.root / "up.log").read_text().strip().splitlines()[-1])
        try:
            return with_token(Client.of(self.home).url, read_token(self.home.token))
        except ShiplineError:  # not ready yet; the time limit decides
            return None

    @staticmethod
    def _until(look: Any, seconds: float, otherwise: str) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            time.sleep(0.3)
        raise StoryFailed(f"{otherwise} within {seconds:.0f} s")


def link_home(home: Home) -> bool:
    """Let plain `shipline` commands in this checkout find the demo, unless there is a home of the user's own already."""
    link = PROJECT / ".shipline" / "home"
    if link.is_symlink():
        link.unlink()
    if link.exists():
        return False
    Path(link).symlink_to(home.root.name)
    return True
