"""A pull request is rehearsed before it is merged: Dagster's own runs on a real server, beside a production that serves on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline_defs.config import App, SecretSource
from pipeline_defs.config.database import Sanitize
from pipeline_defs.config.github_settings import GitHub
from pipeline_defs.config.pull_place import with_pull_place
from pipeline_defs.config.stage import Stage
from pipeline_defs.deployments.rehearse import sweep
from pipeline_defs.deployments.task_factory import files_of
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.github.reports.commit_statuses import of_stage
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import PULL_REHEARSAL, environment_key
from pipeline_defs.lineage.runs.run_facts import STAGE
from pipeline_defs.lineage.runs.run_reader import RunReader
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.orchestration.jobs import jobs_of
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import THEN
from pipeline_defs.resources.docker_engine import EngineResource
from pipeline_defs.resources.registry_resource import RegistryResource
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.resources.ssh_resource import SshResource
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from tests.integration.staging import state
from tests.support.shop import DATABASE_PASSWORD, Shop, environment, git, variables
from tests.support.small_shop import write_source
from tests.support.storage import storage
from tests.support.ticks import Ticking

pytestmark = pytest.mark.small_app

_LOOKS_AROUND = """\
#!/bin/sh
case $(env) in *{password}*) echo "it sees the password of production"; exit 1 ;; esac
for at in {addresses}; do
  if wget -q -T 2 -O /dev/null "http://$at/health"; then echo "it reaches $at"; exit 1; fi; done
echo '<testsuite tests="1"><testcase classname="small" name="it is alone" time="0.1"/></testsuite>' >/tmp/shipline-junit.xml
"""
_ADDRESSES = """
id=$(docker ps -q -f label=com.docker.compose.project=shop-production -f label=com.docker.compose.service=web)
docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}:8000 {{.Gateway}}:8080{{end}}' "$id"
docker network inspect -f '{{range .IPAM.Config}}{{.Gateway}}:8080{{end}}' bridge
"""
_REACHED = """
id=$(docker ps -q -f label=com.docker.compose.project=shop-production -f label=com.docker.compose.service=web)
for at in $1; do docker exec "$id" wget -q -T 2 -O /dev/null "http://$at/health"; done
"""
_OF_PULLS = """
ls -d /opt/shipline/shop/staging-pull-* 2>/dev/null || :
docker ps -a --format '{{.Names}}'; docker volume ls -q; docker network ls --format '{{.Name}}'
"""


_VERSION = "1.41.0"  # of no other test: they share the registry, where a version names one image


class Pulls:
    """The small shop with a repository of its own, whose pull requests are rehearsed."""

    def __init__(self, live: Shop, folder: Path, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.repository = write_source(folder / "repository")
        git(self.repository, "init", "--quiet", "--initial-branch=development")
        self.commit({"version.txt": f"{_VERSION}\n"})
        given: dict[str, Any] = {
            "repository": str(self.repository),
            "github": GitHub(repository="acme/shop", token=SecretSource(env="NOT_SET")),
            "stage": Stage(pulls="rehearse", at_once=2),
            "test": None,
        }
        self.app: App = live.app.model_copy(update=given)
        self.ticking = Ticking(instance, self.app)
        self.ticking.tick("chain")
        workspace = str(folder / "workspace")
        self.defs = dg.Definitions(
            assets=assets_of(self.app),
            jobs=jobs_of(self.app),
            resources={
                "source": SourceResource(workspace=workspace),
                "github": GitHubResource(),
                "engine": EngineResource(workspace=workspace),
                "registry": RegistryResource(),
                "ssh": SshResource(),
            },
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


@pytest.fixture
def pulls(live: Shop, tmp_path: Path) -> Iterator[Pulls]:
    with variables(environment(live.bed)), storage(tmp_path / "dagster") as instance:
        yield Pulls(live, tmp_path, instance)


def of_pulls(server: Connection) -> list[str]:
    """What is on the server of the rehearsals of pull requests."""
    return [line for line in server.run(script(_OF_PULLS), timeout=30).stdout.split() if "-pull-" in line]


def test_a_head_is_rehearsed_apart_from_everything_and_its_place_is_gone_afterwards(
    pulls: Pulls, server: Connection
) -> None:
    addresses = " ".join(server.run(script(_ADDRESSES), timeout=30).stdout.split())
    assert server.run(script(_REACHED, addresses), timeout=30).ok  # without confinement they are reached
    check = _LOOKS_AROUND.format(password=DATABASE_PASSWORD, addresses=addresses)
    head = pulls.pull(12, {"check": check})
    before = state(server)
    made = pulls.check(12, head)
    run = pulls.stage(made)
    assert run.status is dg.DagsterRunStatus.SUCCESS, pulls.said(run)
    assert run.tags["target"] == "shop_staging_pulls_0"
    row = pulls.rehearsal(run)
    assert (row.outcome, row.pull, row.release.commit) == (Outcome.SUCCEEDED, 12, head)
    assert row.tests and row.tests.passed and row.e2e and row.copied and row.way_back
    assert state(server) == before
    assert of_pulls(server) == []
    lineage = Lineage(pulls.instance)
    assert lineage.images(pulls.app) == [] and lineage.environment(pulls.app, "staging") == []
    reader = RunReader(pulls.instance, pulls.app)
    told = reader.run(run.run_id)
    assert told is not None and told.rehearsal == row and (told.head, told.pull) == (head, 12)
    # What passed stands for the merge, whose files are the same.
    merged = pulls.stage(pulls.merge(12))
    assert merged.status is dg.DagsterRunStatus.SUCCESS, pulls.said(merged)
    (again,) = lineage.rehearsals(pulls.app)
    assert (again.outcome, again.reused, again.pull) == (Outcome.SUCCEEDED, run.run_id, 0)
    assert again.release.digest != row.release.digest
    assert (again.tests, again.e2e, again.copied, again.way_back) == (row.tests, row.e2e, row.copied, row.way_back)
    told = reader.run(merged.run_id)
    assert told is not None
    assert of_stage(pulls.app, told, STAGE)[1].startswith(
        f"{_VERSION} rehearsed by run {run.run_id[:8]}, as pull request"
    )


@pytest.mark.parametrize(
    ("key", "refused"),
    [
        ("privileged: true", "services.web.privileged"),
        pytest.param(
            "env_file: /opt/shipline/shop/production/current/shipline.secrets",
            "services.web.env_file",
            marks=pytest.mark.thorough,
        ),
    ],
)
def test_a_compose_file_that_asks_for_more_is_refused_before_anything_starts(
    pulls: Pulls, server: Connection, key: str, refused: str
) -> None:
    staging = (pulls.repository / "staging.yml").read_text()
    head = pulls.pull(13, {"staging.yml": staging.replace("  web:\n", f"  web:\n    {key}\n", 1)})
    run = pulls.stage(pulls.check(13, head))
    assert run.status is dg.DagsterRunStatus.FAILURE
    assert refused in pulls.said(run)
    assert of_pulls(server) == []


def test_a_head_that_no_branch_of_the_repository_has_is_not_rehearsed(pulls: Pulls, server: Connection) -> None:
    head = pulls.pull(14, {"note": "of somebody else"})
    made = pulls.check(14, head)
    git(pulls.repository, "update-ref", "refs/pull/14/head", head)
    git(pulls.repository, "branch", "--quiet", "-D", "pull-14")
    run = pulls.stage(made)
    assert run.status is dg.DagsterRunStatus.FAILURE
    assert f"no branch or tag of {pulls.repository} has commit {head[:12]} now" in pulls.said(run)


def test_the_copy_is_made_harmless_as_the_base_branch_says(pulls: Pulls) -> None:
    pulls.commit({"clean.sql": "delete from people;"})
    head = pulls.pull(15, {"clean.sql": "select 1;"})
    staging = pulls.app.environments["staging"].model_copy(update={"sanitize": Sanitize(sql="clean.sql")})
    sanitized = pulls.app.model_copy(update={"environments": {**pulls.app.environments, "staging": staging}})
    app, name = with_pull_place(sanitized, 15, "development")
    source = SourceResource(workspace=str(pulls.repository.parent / "workspace")).of(app)
    assert files_of(Site.of(app, name), head, source)["clean.sql"] == b"delete from people;"


def killed(pulls: Pulls, **tags: str) -> str:
    """A rehearsal of a pull request whose run died, as Dagster has it marked in the end; gives the run's id."""
    job = pulls.defs.resolve_job_def("shop_stage_pull")
    config = {"ops": {"shop_staging_stage_pull": {"config": {"pull": 7, "made_by": "nobody"}}}}
    run = pulls.instance.create_run_for_job(job, run_config=config, tags={"pull_request": "7", **tags})
    for kind in (dg.DagsterEventType.RUN_STARTING, dg.DagsterEventType.RUN_START):
        event = dg.DagsterEvent(event_type_value=kind.value, job_name=run.job_name, message="")
        pulls.instance.report_dagster_event(event, run_id=run.run_id)
    pulls.instance.report_run_failed(run)
    return run.run_id


def test_what_a_killed_rehearsal_left_is_found_on_the_server_and_removed(pulls: Pulls, server: Connection) -> None:
    app, name = with_pull_place(pulls.app, 7, "development")
    site = Site.of(app, name)
    left = """
    for folder in "$1" "$3"; do mkdir -p "$folder/backups" && touch "$folder/lock.token" "$folder/backups/a.dump"; done
    label=com.docker.compose.project=$2
    docker volume create --label "$label" "$2_db-data"; docker network create --label "$label" "$2_default"
    docker run -d --name "$2-db-1" --label "$label" -v "$2_db-data:/data" postgres:15 sleep 1000
    """
    busy = site.path().replace("pull-7", "pull-8")
    assert server.run(script(left, site.path(), site.project, busy), timeout=60).ok
    before, said = state(server), list[str]()
    assert not sweep(pulls.app, server, lambda: {8}, _Telling(said))
    assert of_pulls(server) == [busy]
    assert said == ["removed what a run had left of the rehearsal of pull request #7"]
    # The place of another one is removed by a run of its own, once the run that it was for has died for good.
    pulls.ticking.tick("recover")
    killed(pulls, **{"dagster/will_retry": "true"})
    dead = killed(pulls)
    (asked,) = pulls.ticking.tick("recover").run_requests
    assert (asked.run_key, asked.tags["target"]) == (dead, "shop_staging_pulls_left")
    run = pulls.run(asked.job_name, asked.run_config, asked.tags)
    assert run.status is dg.DagsterRunStatus.SUCCESS, pulls.said(run)
    assert of_pulls(server) == [] and state(server) == before


class _Telling:
    def __init__(self, said: list[str]) -> None:
        self.said = said

    def say(self, text: str) -> None:
        self.said.append(text)

    def listen(self, line: str) -> None:
        self.said.append(line)
