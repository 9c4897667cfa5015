"""GraphQL client: a running Shipline, asked through Dagster's GraphQL API. Light: it imports no Dagster.

Source of the API: https://docs.dagster.io/api/graphql, and the schema of the installed dagster-graphql.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pipeline_defs.cli.cli_output import Failed, plain
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import Home
from pipeline_defs.release.request import Job, Request

LOCATION = "shipline"
ENDED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
_ACTIVE = ("STARTING", "STARTED", "CANCELING")
_SECONDS = 30.0
_LOADING_SECONDS = 180.0
_EXCEPTION = re.compile(r"^[\w.]+: (?=\S)")

_LAUNCH = """mutation($run: ExecutionParams!) { launchRun(executionParams: $run) { __typename
  ... on LaunchRunSuccess { run { runId } }
  ... on RunConfigValidationInvalid { errors { message } }
  ... on Error { message } } }"""
_EVENTS = """query($run: ID!, $cursor: String) {
  runOrError(runId: $run) { __typename ... on Run { status startTime endTime tags { key value } } }
  logsForRun(runId: $run, afterCursor: $cursor, limit: 500) { __typename
    ... on EventConnection { cursor hasMore events { __typename
      ... on MessageEvent { message level stepKey timestamp }
      ... on ExecutionStepFailureEvent { error { ...Sentence } failureMetadata { description } }
      ... on DisplayableEvent { metadataEntries { label ... on TextMetadataEntry { text } } }
      ... on RunFailureEvent { error { ...Sentence } }
      ... on EngineEvent { error { ...Sentence } } } }
    ... on Error { message } } }
fragment Sentence on PythonError { message errorChain { error { message } } }"""
_LOCATION = """query { workspaceOrError { ... on Workspace { locationEntries { name
  locationOrLoadError { __typename ... on PythonError { className message errorChain { error { message } } } } } } } }"""
_RELOAD = "mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename } }"
_TERMINATE = """mutation($runs: [String!]!) { terminateRuns(runIds: $runs) { __typename
  ... on TerminateRunsResult { terminateRunResults { __typename ... on Error { message }
    ... on TerminateRunFailure { message } } }
  ... on Error { message } } }"""
_RUNS = """query($statuses: [RunStatus!]) { runsOrError(filter: {statuses: $statuses}) {
  ... on Runs { results { runId jobName } } } }"""

_RUNS_OF = (
    """query($tags: [ExecutionTag!]) { runsOrError(filter: {tags: $tags}) { ... on Runs { results { runId } } } }"""
)
_FOUND = """query($filter: RunsFilter!) { runsOrError(filter: $filter, limit: 1000) {
  ... on Runs { results { runId jobName status endTime tags { key value } } } } }"""


class NotRunning(Failed):
    """There is no Shipline to talk to."""

    def __init__(self) -> None:
        super().__init__("Shipline is not running here; start it with: shipline up")


@dataclass(frozen=True)
class RunState:
    """A run's status as Dagster names it (QUEUED, STARTED, SUCCESS, …), with seconds since 1970 where known.

    Attributes:
        is_made_again: it was lost with its process or its machine, and Dagster makes it again.
        again: the id of the run in which it does, as soon as there is one; else empty.
    """

    status: str
    started: float | None
    ended: float | None
    is_made_again: bool = False
    again: str = ""

    @property
    def is_over(self) -> bool:
        """True once nothing more will happen."""
        return self.status in ENDED


@dataclass(frozen=True)
class FoundRun:
    """A run as a list shows it: its id, its job, its status as Dagster names it, when it ended, and the tags that people see."""

    id: str
    job: str
    status: str
    ended: float | None
    tags: Mapping[str, str]

    @property
    def is_over(self) -> bool:
        """True once nothing more will happen."""
        return self.status in ENDED


class Client:
    """One running Shipline at one address."""

    def __init__(self, url: str, token: str = "", page: str = "") -> None:
        """`url` is where it answers; `token` what it asks for; `page` where people see it, when that is elsewhere."""
        import requests  # here, as the commands that ask no Shipline need not wait for it

        self.url, self._page = url, page or url
        self._session = requests.Session()
        self._session.trust_env = False  # it is on this machine; no proxy leads to it
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    @classmethod
    def of(cls, home: Home) -> Self:
        """The Shipline of this home. Raises NotRunning when there is none, or when it is still starting."""
        service = Service.find(home)
        if service is None or not service.ready:
            raise NotRunning
        page = os.environ.get("SHIPLINE_URL", "").rstrip("/") if service.in_containers else ""
        client = cls(service.url, service.token(home), page)
        client.ask("query { version }")
        return client

    def ask(self, query: str, *, patience: float = _SECONDS, **variables: Any) -> Any:
        """The answer's data, within `patience` seconds. Raises NotRunning when nobody answers there, Failed when the answer is an error."""
        import requests

        try:
            response = self._session.post(
                f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=patience
            )
            if response.status_code in (401, 403):
                raise Failed(f"Shipline at {self.url} does not let this command in: {response.text.strip()}")
            answer = response.json()
        except (requests.ConnectionError, requests.JSONDecodeError):
            raise NotRunning from None
        except requests.Timeout:
            raise Failed(f"Shipline at {self.url} did not answer within {patience:.0f} s; is it overloaded?") from None
        if answer.get("errors"):
            raise Failed(f"Shipline at {self.url} refused a question: {answer['errors'][0]['message']}")
        return answer["data"]

    def launch(self, job: str, request: Request, tags: Mapping[str, str] | None = None) -> str:
        """Put a run into the queue and give its id. Raises Failed with the reason when it is refused."""
        return self.launch_as(job, _execution(job, request, tags or {}))

    def launch_as(self, job: str, execution: dict[str, Any]) -> str:
        """The same for a run whose parameters are known as Dagster takes them; see `execution`."""
        refusal = ""
        for attempt in (1, 2):
            answer = self.ask(_LAUNCH, run=execution)["launchRun"]
            if answer["__typename"] == "LaunchRunSuccess":
                return str(answer["run"]["runId"])
            refusal = "; ".join(error["message"] for error in answer.get("errors", [answer]))
            # With a selection of assets an unknown job is a failed check of Dagster's own, not its "not found".
            unknown = answer["__typename"] == "PipelineNotFoundError" or "No remote job named" in refusal
            if attempt == 1 and unknown:
                self.ask(_RELOAD, name=LOCATION)  # an app that was added after Shipline had started
            else:
                break
        if "UserCodeUnreachable" in refusal:
            refusal = "the process that holds the definitions does not answer; try again in a few seconds"
        raise Failed(f"the run of {job} was refused: {refusal.strip()}")

    def follow(self, run_id: str, cursor: str | None = None) -> tuple[RunState, list[dict[str, Any]], str | None]:
        """The run's state, its events after the cursor (up to 500, in order), and the cursor for the next question."""
        answer = self.ask(_EVENTS, run=run_id, cursor=cursor)
        run, log = answer["runOrError"], answer["logsForRun"]
        if run["__typename"] != "Run" or log["__typename"] != "EventConnection":
            raise Failed(f"there is no run {run_id} (any more)")
        status = run["status"] if not log["hasMore"] else "STARTED"  # over only when all of it was read
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        again = tags.get("dagster/will_retry") == "true", tags.get("dagster/auto_retry_run_id", "")
        return RunState(status, run["startTime"], run["endTime"], *again), log["events"], log["cursor"]

    def terminate(self, run_ids: Iterable[str]) -> str:
        """Ask runs to stop; they undo what is not final first. Gives why one could not be asked, or nothing."""
        answer = self.ask(_TERMINATE, runs=list(run_ids))["terminateRuns"]
        results = answer.get("terminateRunResults", [answer])
        return next((plain(each["message"]).strip() for each in results if each.get("message")), "")

    def active_runs(self) -> Iterator[tuple[str, str]]:
        """Id and job of every run that has a process."""
        for run in self.ask(_RUNS, statuses=_ACTIVE)["runsOrError"]["results"]:
            yield run["runId"], run["jobName"]

    def runs_of_change(self, key: str) -> int:
        """How many runs there were for a change."""
        tags = [{"key": "change", "value": key}]
        return len(self.ask(_RUNS_OF, tags=tags)["runsOrError"]["results"])

    def runs(self, *, app: str = "", statuses: Iterable[str] = ()) -> list[FoundRun]:
        """The newest thousand runs, newest first: of one app, or of all; with one of these statuses, or with any."""
        wanted = {
            **({"tags": [{"key": "app", "value": app}]} if app else {}),
            **({"statuses": list(statuses)} if statuses else {}),
        }
        found = self.ask(_FOUND, filter=wanted)["runsOrError"]["results"]
        return [
            FoundRun(
                run["runId"],
                run["jobName"],
                run["status"],
                run["endTime"],
                {tag["key"]: tag["value"] for tag in run["tags"]},
            )
            for run in found
        ]

    def reload(self) -> None:
        """Have the definitions read anew, which lasts as long as that takes; `load_error` tells what came of it."""
        self.ask(_RELOAD, patience=_LOADING_SECONDS, name=LOCATION)

    def load_error(self) -> str | None:
        """None when the definitions are loaded, else why they are not; empty while they still load."""
        entries = self.ask(_LOCATION)["workspaceOrError"].get("locationEntries", [])
        found = [entry["locationOrLoadError"] for entry in entries if entry["name"] == LOCATION]
        if not found or found[0] is None:
            return ""
        if found[0].get("className") == "DagsterUserCodeUnreachableError":  # it is there, but too busy to have answered
            self.ask(_RELOAD, name=LOCATION)
            return ""
        return reason(found[0]) if found[0]["__typename"] == "PythonError" else None

    def run_url(self, run_id: str) -> str:
        """Where people look at a run."""
        return f"{self._page}/runs/{run_id}"


def reason(error: dict[str, Any]) -> str:
    """What an error of Dagster's is about in the end: the words of its first cause, without the exception's name."""
    causes = [link["error"]["message"] for link in error.get("errorChain", [])]
    message = plain(causes[-1] if causes else error.get("message", "")).strip()
    if message.endswith("DagsterExecutionInterruptedError"):
        return "it was stopped from outside"
    return _EXCEPTION.sub("", message) or "no reason was given"


def _execution(job: str, request: Request, more: Mapping[str, str]) -> dict[str, Any]:
    # Whoever deploys need not look for drift; what a rehearsal proves are checks of its own run.
    return execution(
        job,
        request.run_config(),
        {**request.run_tags(), **more},
        assets=request.assets,
        checks=request.job not in (Job.DEPLOY, Job.ROLLBACK),
    )


def execution(
    job: str, config: Mapping[str, Any], tags: Mapping[str, str], *, assets: Iterable[str] | None, checks: bool
) -> dict[str, Any]:
    """A run's parameters as GraphQL takes them. `assets` are those that are made, all of the job's where it is None."""
    selected = {} if assets is None else {"assetSelection": [{"path": [name]} for name in assets]}
    return {
        "selector": {
            "repositoryLocationName": LOCATION,
            "repositoryName": "__repository__",
            "jobName": job,
            **selected,
            **({} if checks else {"assetCheckSelection": []}),
        },
        "runConfigData": config,
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
    }
