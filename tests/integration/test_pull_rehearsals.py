"""A pull request is rehearsed before it is merged: Dagster's own runs on a real server, beside a production that serves on."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config.database import Sanitize
from pipeline_defs.config.pull_place import with_pull_place
from pipeline_defs.config.stage import Stage
from pipeline_defs.deployments.pull_sweep import sweep
from pipeline_defs.deployments.task_factory import files_of
from pipeline_defs.github.reports.commit_statuses import of_stage
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import environment_key
from pipeline_defs.lineage.runs.run_facts import STAGE
from pipeline_defs.lineage.runs.run_reader import RunReader
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Outcome
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from tests.integration.pull_requests import Known, Pulls, Telling, of_pulls
from tests.integration.staging import state
from tests.support.shop import DATABASE_PASSWORD, Shop, environment, git, variables
from tests.support.storage import storage

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
_VERSION = "1.41.0"  # of no other test: they share the registry, where a version names one image


@pytest.fixture
def pulls(live: Shop, tmp_path: Path) -> Iterator[Pulls]:
    with variables(environment(live.bed)), storage(tmp_path / "dagster") as instance:
        yield Pulls(live, tmp_path, instance, _VERSION, Stage(pulls="rehearse", at_once=2))


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
    shown = pulls.instance.get_latest_materialization_event(environment_key("shop", "staging"))
    assert shown is not None and shown.asset_materialization is not None
    assert (
        shown.asset_materialization.metadata["skipped"].value == f"rehearsed before the merge by run {run.run_id[:8]}"
    )
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
    assert not sweep(pulls.app, server, Known(busy={8}), Telling(said))
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
