"""The page of a service, as its users and programs ask it: through Caddy, with TLS and a password."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RUNS = "{ runsOrError { ... on Runs { results { runId status } } } }"
_TAGS = "{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"
_LOG = "query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events { ... on MessageEvent { message } } } } }"
OVER = ("SUCCESS", "FAILURE", "CANCELED")
_JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"
_TICKS = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
  ... on Sensor { sensorState { ticks(limit: 5) { status } } } } }"""


@dataclass
class ServicePage:
    """What answers on a port of this machine for the service in this folder."""

    folder: Path
    port: int

    @property
    def root_certificate(self) -> Path:
        """Of the authority that Caddy made for localhost."""
        return self.folder / "caddy/caddy/pki/authorities/local/root.crt"

    @property
    def password(self) -> str:
        return (self.folder / "own" / "password").read_text().strip()

    def status(self, path: str, password: str | None = None, body: bytes | None = None, **headers: str) -> int:
        """The HTTP status with which Caddy answers; `headers` come with the request, with _ for -."""
        try:
            return int(self._open(path, password, body, headers).status)
        except urllib.error.HTTPError as error:
            return error.code

    def read(self, path: str) -> str:
        """What Caddy answers to who is logged in, whatever the status."""
        try:
            with self._open(path, self.password, None) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that Dagster's API answers, through Caddy."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        with self._open("/graphql", self.password, body) as answer:
            return json.load(answer)["data"]

    def _open(self, path: str, password: str | None, body: bytes | None, more: Mapping[str, str] | None = None) -> Any:
        pair = base64.b64encode(f"shipline:{password}".encode()).decode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Basic {pair}"} if password else {})}
        headers |= {name.replace("_", "-"): value for name, value in (more or {}).items()}
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", body, headers)
        context = ssl.create_default_context(cafile=self.root_certificate)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        return opener.open(request, timeout=20)

    def messages(self, run: str) -> str:
        """All that a run's log says."""
        events = self.ask(_LOG, run=run)["logsForRun"]["events"]
        return "\n".join(event.get("message") or "" for event in events)

    def runs(self) -> dict[str, str]:
        """The status of each run, by its id."""
        return {run["runId"]: run["status"] for run in self.ask(_RUNS)["runsOrError"]["results"]}

    def unfinished(self) -> list[str]:
        """The runs that go on, the newest first, and those that failed and are made again in a moment."""
        found = self.ask(_TAGS)["runsOrError"]["results"]
        tags = {run["runId"]: {tag["key"]: tag["value"] for tag in run["tags"]} for run in found}
        awaited = {
            run
            for run, each in tags.items()
            if each.get("dagster/will_retry") == "true" and "dagster/auto_retry_run_id" not in each
        }
        return [run["runId"] for run in found if run["status"] not in OVER or run["runId"] in awaited]

    def heads(self, job: str) -> list[str]:
        """The commit that each of the job's runs answers, where it answers one."""
        tags = [run["tags"] for run in self.ask(_TAGS)["runsOrError"]["results"] if run["jobName"] == job]
        return [tag["value"] for each in tags for tag in each if tag["key"] == "head"]

    def answers(self) -> bool:
        """True when the web server answers again."""
        try:
            return self.status("/server_info", self.password) == 200
        except OSError:
            return False

    def ticked(self, sensor: str) -> bool:
        """True when this sensor of the app has looked once, from the beginning to the end."""
        selector = {"repositoryLocationName": "shipline", "repositoryName": "__repository__", "sensorName": sensor}
        found = self.ask(_TICKS, selector=selector)["sensorOrError"]
        return any(tick["status"] in ("SUCCESS", "SKIPPED") for tick in found.get("sensorState", {}).get("ticks", []))

    def reloads(self, job: str = "blog_integrate") -> bool:
        """True when the apps' files could be read anew, and this job is among those of the apps."""
        self.ask('mutation { reloadRepositoryLocation(repositoryLocationName: "shipline") { __typename } }')
        found = self.ask(_JOBS)["repositoriesOrError"].get("nodes", [])
        return job in [each["name"] for repository in found for each in repository["jobs"]]

    def launch(self, job: str) -> None:
        """Put a run of this job into the queue, as the web page does."""
        selector = {"repositoryLocationName": "shipline", "repositoryName": "__repository__", "jobName": job}
        launch = "mutation($run: ExecutionParams!) { launchRun(executionParams: $run) { __typename } }"
        answer = self.ask(launch, run={"selector": selector, "runConfigData": {}, "mode": "default"})
        assert answer["launchRun"]["__typename"] == "LaunchRunSuccess", answer
