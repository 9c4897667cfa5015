"""Pulls: an app on a real server whose pull requests are rehearsed, by Dagster's own runs."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from pipeline_defs.config import App, SecretSource
from pipeline_defs.config.github_settings import GitHub
from pipeline_defs.config.stage import Stage
from pipeline_defs.lineage.events import PULL_REHEARSAL, environment_key
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.orchestration.jobs import jobs_of
from pipeline_defs.release.records import Rehearsal
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import THEN
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from tests.support.run_resources import run_resources
from tests.support.shop import Shop, git
from tests.support.small_shop import write_source
from tests.support.ticks import Ticking

_OF_PULLS = """
ls -d /opt/shipline/shop/staging-pull-* 2>/dev/null || :
docker ps -a --format '{{.Names}}'; docker volume ls -q; docker network ls --format '{{.Name}}'
"""


class Pulls:
    """The small shop with a repository of its own, whose pull requests are rehearsed."""

    def __init__(
        self, live: Shop, folder: Path, instance: dg.DagsterInstance, version: str, stage: Stage, **more: Any
    ) -> None:
        """`version` is of no other test: they share the registry, where a version names one image. `more` are keys of staging."""
        self.instance = instance
        self.repository = write_source(folder / "repository")
        git(self.repository, "init", "--quiet", "--initial-branch=development")
        self.commit({"version.txt": f"{version}\n"})
        given: dict[str, Any] = {
            "repository": str(self.repository),
            "github": GitHub(repository="acme/shop", token=SecretSource(env="NOT_SET")),
            "stage": stage,
            "test": None,
        }
        staging = live.app.environments["staging"].model_copy(update=more)
        given["environments"] = {**live.app.environments, "staging": staging}
        self.app: App = live.app.model_copy(update=given)
        self.ticking = Ticking(instance, self.app)
        self.ticking.tick("chain")
        self.defs = dg.Definitions(
            assets=assets_of(self.app),
            jobs=jobs_of(self.app),
            resources=run_resources(folder / "workspace"),
            executor=dg.in_process_executor,
        )

    def commit(self, files: Mapping[str, str]) -> str:
        for name, text in files.items():
            (self.repository / name).write_text(text)
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "-m", "a change")
        return git(self.repository, "rev-parse", "HEAD")

    def pull(self, number: int, files: Mapping[str, str]) -> str:
        """The head of a pull request of the repository: a branch with these files changed."""
        git(self.repository, "checkout", "--quiet", "-b", f"pull-{number}", "development")
        head = self.commit(files)
        git(self.repository, "checkout", "--quiet", "development")
        return head

    def run(self, job: str, config: Mapping[str, Any], tags: Mapping[str, str]) -> dg.DagsterRun:
        """A run of one of the app's jobs, however it ends."""
        found = self.defs.resolve_job_def(job)
        result = found.execute_in_process(
            run_config=dict(config), instance=self.instance, tags=dict(tags), raise_on_error=False
        )
        run = self.instance.get_run_by_id(result.run_id)
        assert run is not None
        return run

    def integrate(self, commit: str, **more: Any) -> dg.DagsterRun:
        """The run that makes the image of a head, as the sensor `github` asks for it."""
        request = Request(app="shop", job=Job.INTEGRATE, commit=commit, branch="development", **more)
        run = self.run("shop_integrate", request.run_config(), {**request.run_tags(), THEN: "stage"})
        assert run.status is dg.DagsterRunStatus.SUCCESS, self.said(run)
        return run

    def check(self, number: int, commit: str) -> dg.DagsterRun:
        """The run for a pull request, which a rehearsal follows."""
        key = f"pull:shop:{number}:{commit}:development:rehearsed"
        return self.integrate(commit, pull=number, change=key, untrusted=True)

    def merge(self, number: int) -> dg.DagsterRun:
        """The run for the merge of a pull request."""
        git(self.repository, "merge", "--quiet", "--no-ff", "-m", "a merge", f"pull-{number}")
        commit = git(self.repository, "rev-parse", "HEAD")
        return self.integrate(commit, pull=number, change=f"merge:shop:development:{commit}")

    def stage(self, made: dg.DagsterRun) -> dg.DagsterRun:
        """The rehearsal that the sensor `chain` has follow a run."""
        (asked,) = self.ticking.tick("chain").run_requests
        assert asked.run_key == made.run_id
        return self.run(asked.job_name, asked.run_config, {**asked.tags, "dagster/run_key": made.run_id})

    def said(self, run: dg.DagsterRun) -> str:
        return "\n".join(repr(entry) for entry in self.instance.all_logs(run.run_id))

    def rehearsal(self, run: dg.DagsterRun) -> Rehearsal:
        """What is recorded of the rehearsal of a pull request."""
        key = environment_key("shop", "staging")
        return facts_of_run(self.instance, run.run_id, key, PULL_REHEARSAL, Rehearsal)[-1]


def of_pulls(server: Connection) -> list[str]:
    """What is on the server of the rehearsals of pull requests."""
    return [line for line in server.run(script(_OF_PULLS), timeout=30).stdout.split() if "-pull-" in line]


class Telling:
    """Who is told how it goes: `said` has it."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def say(self, text: str) -> None:
        """A milestone."""
        self.said.append(text)

    def listen(self, line: str) -> None:
        """A line of output."""
        self.said.append(line)


class Known:
    """What is known of pull requests besides what is on the server."""

    def __init__(self, busy: Collection[int] = (), closed: Collection[int] = ()) -> None:
        self._busy, self._closed = busy, closed
        self.standing: Mapping[int, str] = {}
        self.ended: Mapping[int, str] = {}

    def busy(self) -> Collection[int]:
        """Those that are rehearsed."""
        return self._busy

    def is_closed(self, pull: int) -> bool:
        """Whether one was closed."""
        return pull in self._closed

    def settle(self, standing: Mapping[int, str], ended: Mapping[int, str]) -> None:
        """Keep what is to be written down."""
        self.standing, self.ended = dict(standing), dict(ended)
