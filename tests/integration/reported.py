"""An app on the stand-in for GitHub, and runs of its jobs with small ops that have the names of the real ones."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import requests
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from pipeline_defs.config import App, load_app
from pipeline_defs.deployments.attempt import beginning
from pipeline_defs.github.reports.report_memory import Memory
from pipeline_defs.lineage.events import TEST_COUNTS, environment_key, evidence_metadata, image_key
from pipeline_defs.lineage.metadata import deployment_metadata, image_metadata, rehearsal_metadata
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.release.evidence import Failure, TestCounts
from pipeline_defs.release.github_cursor import GitHubCursor, SeenPull
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal, Release
from tests.support.ticks import Ticking
from tests.testbed.github import GitHubServer

REPOSITORY = "acme/shop"
COUNTS = TestCounts(tests=12, seconds=3.1)
FAILED = TestCounts(tests=12, failures=1, seconds=3.1, failed=(Failure(name="test_cart", message="1 != 2"),))

APP = """
repository: acme/shop
image: 127.0.0.1:9/team/shop
github:
  api: {api}
  token: {{env: SHIPLINE_TEST_TOKEN}}
  report: {report}
environments:
  staging: {{hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {{name: shop, user: shop}}}}
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml,
               url: "https://shop.example.org"}}
"""

_NOWHERE = LoadableTargetOrigin(python_file="none.py")

Act = Callable[[dg.OpExecutionContext], None]
"""What a small op does; when it returns, the op has succeeded."""


class SmallRuns:
    """Runs of the app's jobs in a storage, of small ops."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance

    def job(self, name: str, ops: Mapping[str, Act], **tags: str) -> dg.JobDefinition:
        """A job of the app whose ops do this, one after the other; {name without the app's: what it does}."""

        def op_of(op: str, act: Act) -> dg.OpDefinition:
            @dg.op(name=f"shop_{op}", ins={"after": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
            def small(context: dg.OpExecutionContext) -> None:
                act(context)

            return small

        made = [op_of(op, act) for op, act in ops.items()]

        @dg.job(name=f"shop_{name}", tags={"app": "shop", **tags}, executor_def=dg.in_process_executor)
        def job() -> None:
            last: dict[str, Any] = {}
            for each in made:
                last = {"after": each(**last)}

        return job

    def run(self, job: dg.JobDefinition, run_id: str | None = None) -> str:
        """Let a run of this job run to its end; its id."""
        return job.execute_in_process(instance=self.instance, raise_on_error=False, run_id=run_id).run_id

    def queue(self, job: dg.JobDefinition) -> dg.DagsterRun:
        """A run of this job that waits."""
        return self.instance.create_run_for_job(job, tags=job.tags)

    def go_on(self, job: dg.JobDefinition, run: dg.DagsterRun) -> None:
        """Let a run that waits run to its end."""
        execute_run(InMemoryJob(job), run, self.instance, raise_on_error=False)


class Reported(SmallRuns):
    """The app, its runs in a storage, and what its report sensor says to GitHub. `look` is one tick as the daemon makes it."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance, github: GitHubServer, report: str = "true") -> None:
        super().__init__(instance)
        self.github = github
        (folder / "shop.yaml").write_text(APP.format(api=github.url, report=report))
        self.app: App = load_app(folder / "shop.yaml")
        self.ticking = Ticking(instance, self.app)
        self.said = ""
        self.look()

    def look(self) -> str:
        """One tick; gives what it said."""
        tick = self.ticking.tick("report")
        assert not tick.run_requests
        self.said = (tick.skip_message or "").removeprefix("shop: ")
        return self.said

    @property
    def memory(self) -> Memory:
        """What the sensor keeps of the app."""
        return Memory.model_validate_json(self.ticking.entry("shop", "report") or "")

    def notice(self, *pulls: SeenPull) -> None:
        """Pull requests 1, 2, … as the sensor that notices changes has handled them."""
        handled = GitHubCursor(pulls={str(number): pull for number, pull in enumerate(pulls, 1)})
        self.ticking.set_entry("shop", "github", handled.model_dump_json())

    def wait_is_over(self) -> None:
        """Let every pause be over."""
        memory = self.memory
        memory.quiet_until = 0.0
        for attended in memory.runs.values():
            for later in attended.later.values():
                later.after = 0.0
        self.ticking.set_entry("shop", "report", memory.model_dump_json())

    def statuses(self, sha: str) -> dict[str, tuple[str, str]]:
        """What GitHub shows at a commit, {stage: (state, description)}."""
        told = self.github.statuses(REPOSITORY, sha)
        return {each["context"].removeprefix("shipline/shop/"): (each["state"], each["description"]) for each in told}

    def get(self, path: str) -> Any:
        """What the API answers about the repository to somebody who may read it."""
        headers = {"Authorization": f"Bearer {os.environ['SHIPLINE_TEST_TOKEN']}"}
        answer = requests.get(f"{self.github.url}/repos/{REPOSITORY}/{path}", headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **what: Any) -> Any:
        """Make something in the repository."""
        headers = {"Authorization": f"Bearer {os.environ['SHIPLINE_TEST_TOKEN']}"}
        answer = requests.post(f"{self.github.url}/repos/{REPOSITORY}/{path}", json=what, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def deployments(self) -> list[tuple[str, str, list[str]]]:
        """Commit, description and states (oldest first) of each deployment to production, oldest first."""
        found = self.get("deployments?environment=production")
        return [
            (each["sha"], each["description"], [one["state"] for one in self._states(each["id"])])
            for each in reversed(found)
        ]

    def _states(self, deployment: int) -> list[Any]:
        return list(reversed(self.get(f"deployments/{deployment}/statuses")))

    def states(self, sha: str, stage: str) -> list[str]:
        """The states that one stage had at a commit, oldest first."""
        context = f"shipline/shop/{stage}"
        return [each["state"] for each in self.github.statuses(REPOSITORY, sha) if each["context"] == context]


def change(head: str, pull: int = 0, **more: str) -> dict[str, str]:
    """The tags of a run that a change asks for."""
    tags = {"change": f"pull:shop:{pull}:{head}:development", "head": head, "pull_request": str(pull or ""), **more}
    return {name: value for name, value in tags.items() if value}


def nothing(context: dg.OpExecutionContext) -> None:
    """An op that succeeds."""
    context.log.info("done")


def fails(sentence: str, counts: TestCounts | None = None) -> Act:
    """An op that ends as a stage does."""

    def act(context: dg.OpExecutionContext) -> None:
        raise dg.Failure(sentence, metadata=evidence_metadata({TEST_COUNTS: counts}), allow_retries=False)

    return act


def pushes(commit: str, version: str = "1.1.0", **more: Any) -> Act:
    """An op that ends an image."""
    made = {
        "app": "shop",
        "repository": "127.0.0.1:9/team/shop",
        "digest": f"sha256:{'ab' * 32}",
        "version": version,
        "commit": commit,
        "branch": "development",
        "tree": "2" * 64,
        "built_from": commit,
        "tests": COUNTS,
        **more,
    }

    def act(context: dg.OpExecutionContext) -> None:
        metadata = image_metadata(Image(**made))
        context.log_event(dg.AssetMaterialization(image_key("shop"), metadata=metadata))

    return act


def integrates(commit: str, **acts: Act) -> dict[str, Act]:
    """The ops of an image, all of which succeed but for those that are given."""
    return {"lint": nothing, "build": nothing, "test": nothing, "push": pushes(commit)} | acts


def release(commit: str, version: str) -> Release:
    """A release of this commit."""
    digest = f"sha256:{secrets.token_hex(32)}"
    return Release(app="shop", version=version, repository="127.0.0.1:9/team/shop", digest=digest, commit=commit)


def rehearses(what: Release) -> Act:
    """An op that rehearses."""

    def act(context: dg.OpExecutionContext) -> None:
        row = Rehearsal(release=what, environment="staging", **beginning(OpRun(context))).model_copy(
            update={"outcome": Outcome.SUCCEEDED, "seconds": 61.2, "tests": COUNTS}
        )
        key = environment_key("shop", "staging")
        context.log_event(dg.AssetMaterialization(key, metadata=rehearsal_metadata(row)))

    return act


class Deploys:
    """The ops of one deployment: `begin` writes the intent, `end` the outcome; what ran before is `previous`."""

    def __init__(self, what: Release, previous: Release | None = None, kind: DeploymentKind = DeploymentKind.DEPLOY):
        self.what, self.previous, self.kind = what, previous, kind
        self.row: Deployment | None = None

    def begin(self, context: dg.OpExecutionContext) -> None:
        """Write the intent."""
        self.row = Deployment(
            kind=self.kind,
            release=self.what,
            environment="production",
            previous=self.previous,
            reason="tests",
            **beginning(OpRun(context)),
        )
        OpRun(context).note(self.row)

    def end(self, context: dg.OpExecutionContext) -> None:
        """Write that it runs."""
        assert self.row is not None
        self.row = self.row.model_copy(update={"outcome": Outcome.SUCCEEDED, "seconds": 8.5})
        key = environment_key("shop", "production")
        context.log_event(dg.AssetMaterialization(key, metadata=deployment_metadata(self.row)))

    def undo(self, context: dg.OpExecutionContext) -> None:
        """Write that it was rolled back, and that what ran before runs again, in a row of its own."""
        assert self.row is not None and self.previous is not None
        back = Deploys(self.previous, self.what, DeploymentKind.ROLLBACK)
        back.begin(context)
        failed = {"outcome": Outcome.ROLLED_BACK, "error": "the tests failed"}
        OpRun(context).note(self.row.model_copy(update=failed))
        back.end(context)
        raise dg.Failure("the deployment of 1.1.0 failed and was rolled back, 1.0.0 runs again: the tests failed")

    @property
    def ops(self) -> dict[str, Act]:
        """The ops of a deployment that goes well."""
        return {"production_deploy": self.begin, "production_record": self.end}
