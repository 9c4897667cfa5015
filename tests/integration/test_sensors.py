"""Sensors on real git repositories, a real Dagster storage and real runs: every head exactly once, nothing lost, nothing doubled."""

import shutil
import time
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config import App, load_app
from pipeline_defs.deployments.attempt import beginning
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.events import image_key
from pipeline_defs.lineage.metadata import image_metadata
from pipeline_defs.orchestration.op_run import OpRun
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal, Release
from pipeline_defs.release.run_tags import THEN
from tests.support.shop import git
from tests.support.ticks import Ticking

APP = """
repository: {repository}
image: 127.0.0.1:9/team/shop
environments:
  staging: {{hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {{name: shop, user: shop}}}}
  production: {{hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}}
"""


class Watched:
    """A repository with its app's sensors; `look` is one tick of the branches sensor as the daemon makes it."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.folder = folder
        self.repository = folder / "repository"
        self.repository.mkdir()
        git(
            self.repository, "init", "--quiet", "--initial-branch=nobody"
        )  # a commit moves only the branches it is told to
        self.push("main", "development")
        (folder / "shop.yaml").write_text(APP.format(repository=self.repository))
        self.app: App = load_app(folder / "shop.yaml")
        self.instance = instance
        self.ticking = Ticking(instance, self.app, source=SourceResource(workspace=str(folder / "workspace")))
        self.said: str | None = None

    def push(self, *branches: str, message: str = "more", file: str = "") -> str:
        """A new commit as the head of these branches, which changes nothing or one file."""
        if file:
            (self.repository / file).parent.mkdir(exist_ok=True)
            (self.repository / file).write_text(f"{message} {time.monotonic_ns()}")
            git(self.repository, "add", file)
        git(self.repository, "commit", "--quiet", "--allow-empty", "-m", message)
        head = git(self.repository, "rev-parse", "HEAD")
        for branch in branches:
            git(self.repository, "update-ref", f"refs/heads/{branch}", head)
        return head

    def look(self) -> list[dg.RunRequest]:
        """The run requests of the next tick; keeps what it said."""
        tick = self.ticking.tick("branches")
        self.said = (tick.skip_message or "").removeprefix("shop: ")
        return list(tick.run_requests or [])

    def started(self) -> list[tuple[str | None, str | None]]:
        """Jobs and run keys that the next tick asks for."""
        return [(request.job_name, request.run_key) for request in self.look()]


@pytest.fixture
def watched(tmp_path: Path, instance: dg.DagsterInstance) -> Watched:
    return Watched(tmp_path, instance)


def test_the_first_look_starts_nothing_and_says_where_it_begins(watched: Watched) -> None:
    assert watched.look() == []
    assert watched.said is not None
    assert watched.said.startswith("first look: development at")
    assert watched.look() == []
    assert watched.said == "no branch has moved"


def test_a_head_of_development_is_integrated_and_rehearsed_exactly_once(watched: Watched) -> None:
    watched.look()
    head = watched.push("development")
    (request,) = watched.look()
    assert (request.job_name, request.run_key) == ("shop_integrate", f"integrate:shop:{head}")
    assert request.tags[THEN] == "stage"
    assert request.tags["actor"] == "sensor branches"
    assert watched.look() == []


def test_a_head_of_main_is_deployed(watched: Watched) -> None:
    watched.look()
    head = watched.push("main")
    assert watched.started() == [("shop_deploy", f"deploy:shop:{head}")]


def test_both_branches_may_move_to_the_same_commit(watched: Watched) -> None:
    watched.look()
    head = watched.push("main", "development")
    assert set(watched.started()) == {
        ("shop_deploy", f"deploy:shop:{head}"),
        ("shop_integrate", f"integrate:shop:{head}"),
    }


def test_a_sensor_that_was_down_catches_up_with_the_newest_head_and_knows_the_range(watched: Watched) -> None:
    watched.look()
    before = watched.push("development")
    watched.look()
    watched.push("development")
    newest = watched.push("development")
    (request,) = watched.look()
    wanted = request.run_config["ops"]["shop_image"]["config"]
    assert (wanted["since"], wanted["commit"]) == (before, newest)


def test_a_head_that_was_handled_before_has_the_run_key_that_dagster_knows(watched: Watched) -> None:
    watched.look()
    head = watched.push("main")
    ((_, key),) = watched.started()
    other = watched.push("main")
    watched.look()
    git(watched.repository, "update-ref", "refs/heads/main", head)  # forced back
    assert other != head
    assert watched.started() == [("shop_deploy", key)]


def test_a_commit_that_asks_to_be_skipped_starts_nothing_and_hides_nothing(watched: Watched) -> None:
    watched.look()
    watched.push("main", message="chore(release): 1.5.0 [skip ci]")
    assert watched.started() == []
    merged = watched.push("main", message="Add a cart")
    watched.push("main", message="chore(release): 1.6.0\n\n[ci skip]")
    assert watched.started() == [("shop_deploy", f"deploy:shop:{merged}")]
    assert watched.started() == []


def test_an_app_with_paths_answers_what_changes_its_own_files(watched: Watched) -> None:
    (watched.folder / "shop.yaml").write_text("paths: [api/]\n" + APP.format(repository=watched.repository))
    watched.ticking.restart(load_app(watched.folder / "shop.yaml"))
    watched.look()
    watched.push("main", file="worker/main.py")
    assert watched.started() == []
    own = watched.push("main", file="api/main.py")
    watched.push("main", file="README.md")
    assert watched.started() == [("shop_deploy", f"deploy:shop:{own}")]


def test_a_branch_that_appears_later_has_moved(watched: Watched) -> None:
    git(watched.repository, "branch", "-D", "development")
    watched.look()
    head = watched.push("development")
    assert watched.started() == [("shop_integrate", f"integrate:shop:{head}")]


def test_an_empty_repository_waits_for_its_first_commit(watched: Watched) -> None:
    shutil.rmtree(watched.repository)
    watched.repository.mkdir()
    git(watched.repository, "init", "--quiet", "--initial-branch=nobody")
    assert watched.look() == []
    assert watched.said == "first look: no branch yet; what comes from now on is handled"
    head = watched.push("main")
    assert watched.started() == [("shop_deploy", f"deploy:shop:{head}")]


def test_a_repository_out_of_reach_is_said_and_nothing_is_forgotten(watched: Watched) -> None:
    watched.look()
    head, before = watched.push("main"), watched.ticking.entry("shop", "branches")
    away = watched.repository.rename(watched.folder / "away")
    assert watched.look() == []
    assert watched.said is not None
    assert "cannot be read" in watched.said
    assert watched.ticking.entry("shop", "branches") == before
    away.rename(watched.repository)
    assert watched.started() == [("shop_deploy", f"deploy:shop:{head}")]


def release(version: str = "1.1.0") -> Release:
    return Release(app="shop", version=version, repository="127.0.0.1:9/team/shop", digest="sha256:1", commit="1" * 40)


def image() -> Image:
    return Image(
        app="shop",
        repository="127.0.0.1:9/team/shop",
        digest="sha256:1",
        version="1.1.0",
        commit="1" * 40,
        branch="development",
        tree="2" * 64,
        built_from="1" * 40,
    )


def ended(watched: Watched, sensor: str) -> dg.RunRequest | None:
    """What a sensor on the ends of runs asks for after what has happened so far."""
    watched.ticking.cursors[sensor] = '{"after": 0, "base": 0}'
    requests = watched.ticking.tick(sensor).run_requests or []
    assert len(requests) <= 1
    return requests[0] if requests else None


@pytest.mark.parametrize("then", ["stage", ""])
def test_what_was_integrated_for_development_is_rehearsed(
    watched: Watched, instance: dg.DagsterInstance, then: str
) -> None:
    @dg.op(name="shop_push")
    def push(context: dg.OpExecutionContext) -> None:
        context.log_event(dg.AssetMaterialization(image_key("shop"), metadata=image_metadata(image())))

    @dg.job(name="shop_integrate")
    def integrate() -> None:
        push()

    result = integrate.execute_in_process(instance=instance, tags={"then": then} if then else {})
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    answer = ended(watched, "chain")
    if not then:
        assert answer is None
        return
    assert answer is not None
    assert answer.run_key == run.run_id
    assert answer.run_config["ops"]["shop_staging"]["config"]["commit"] == "1" * 40
    assert answer.tags["target"] == "shop_staging"


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.FAILED])
def test_where_one_branch_is_all_there_is_what_passed_its_rehearsal_is_deployed(
    watched: Watched, instance: dg.DagsterInstance, outcome: Outcome
) -> None:
    (watched.folder / "shop.yaml").write_text("branches: {main: main}\n" + APP.format(repository=watched.repository))
    watched.ticking.restart(load_app(watched.folder / "shop.yaml"))

    @dg.op(name="shop_push")
    def push(context: dg.OpExecutionContext) -> None:
        made = image().model_copy(update={"branch": "main"})
        context.log_event(dg.AssetMaterialization(image_key("shop"), metadata=image_metadata(made)))

    @dg.op(name="shop_staging_stage")
    def rehearse(context: dg.OpExecutionContext) -> None:
        row = Rehearsal(release=release(), environment="staging", **beginning(OpRun(context)))
        OpRun(context).note(row.model_copy(update={"outcome": outcome}))

    @dg.job(name="shop_integrate")
    def integrate() -> None:
        push()

    @dg.job(name="shop_stage")
    def stage() -> None:
        rehearse()

    change = {"change": "merge:shop:main:1", "head": "1" * 40}
    made = integrate.execute_in_process(instance=instance, tags={"then": "stage", **change})
    follows = ended(watched, "chain")
    assert follows is not None
    assert follows.run_key == made.run_id
    assert (follows.job_name, follows.tags[THEN]) == ("shop_stage", "deploy")

    tags = {**follows.tags, "dagster/run_key": follows.run_key or ""}
    run_id = stage.execute_in_process(instance=instance, tags=tags).run_id
    request = ended(watched, "chain")
    if outcome is Outcome.FAILED:
        assert request is None
        return
    assert request is not None
    assert (request.job_name, request.run_key) == ("shop_deploy", f"{run_id}:production")
    assert request.run_config["ops"]["shop_production"]["config"]["version"] == "1.1.0"
    assert {name: request.tags[name] for name in change} == change


def broken_deployment(
    instance: dg.DagsterInstance, *outcomes: Outcome, because_of: str | None = None
) -> tuple[dg.DagsterRun, str]:
    """A run that wrote these outcomes of one deployment and then died; and the deployment's id."""
    ids = []

    @dg.op(name="shop_production_deploy")
    def deploy(context: dg.OpExecutionContext) -> None:
        kind = DeploymentKind.ROLLBACK if because_of else DeploymentKind.DEPLOY
        row = Deployment(
            kind=kind, release=release(), environment="production", because_of=because_of, **beginning(OpRun(context))
        )
        ids.append(row.id)
        for outcome in outcomes:
            OpRun(context).note(row.model_copy(update={"outcome": outcome}))
        raise dg.Failure("the worker is gone")

    @dg.job(name="shop_deploy", tags={"environment": "production"})
    def job() -> None:
        deploy()

    result = job.execute_in_process(instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    return run, ids[0]


def recovery(watched: Watched) -> dg.RunRequest | None:
    return ended(watched, "recover")


def test_a_deployment_that_never_ended_is_rolled_back(watched: Watched, instance: dg.DagsterInstance) -> None:
    run, deployment = broken_deployment(instance, Outcome.STARTED)
    answer = recovery(watched)
    assert answer is not None
    assert (answer.job_name, answer.run_key) == ("shop_rollback", run.run_id)
    wanted = answer.run_config["ops"]["shop_production"]["config"]
    assert (wanted["kind"], wanted["because_of"]) == ("rollback", deployment)
    assert answer.tags["target"] == "shop_production"


@pytest.mark.parametrize("end", [Outcome.FAILED, Outcome.ROLLED_BACK])
def test_a_deployment_that_ended_by_itself_needs_no_recovery(
    watched: Watched, instance: dg.DagsterInstance, end: Outcome
) -> None:
    broken_deployment(instance, Outcome.STARTED, end)
    assert recovery(watched) is None


def test_a_run_that_failed_before_it_touched_anything_needs_no_recovery(
    watched: Watched, instance: dg.DagsterInstance
) -> None:
    broken_deployment(instance)
    assert recovery(watched) is None


def test_a_recovery_that_fails_is_left_to_a_person(watched: Watched, instance: dg.DagsterInstance) -> None:
    broken_deployment(instance, Outcome.STARTED, because_of="20260131T120000Z-000000aaaa")
    assert recovery(watched) is None


def test_cancelled_runs_are_recovered_too(watched: Watched, instance: dg.DagsterInstance) -> None:
    """Dagster's failure sensors do not see them."""
    run, deployment = broken_deployment(instance, Outcome.STARTED)
    instance.report_run_canceled(run)
    answer = recovery(watched)
    assert answer is not None
    assert answer.run_config["ops"]["shop_production"]["config"]["because_of"] == deployment
