"""Commits that GitHub gives by their id although no branch or tag of the repository has them, launched in every way there is."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_graphql.schema import create_schema

from pipeline_defs.cli.graphql_client import _LAUNCH, _execution
from pipeline_defs.config import App, load_app
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.build import Lint
from pipeline_defs.config.home import PROJECT
from pipeline_defs.orchestration.ops.build_op import build_op
from pipeline_defs.orchestration.ops.lint_op import lint_op
from pipeline_defs.orchestration.ops.test_op import test_op
from pipeline_defs.release.records import Image
from pipeline_defs.release.request import Job, Request, tags_of_rerun
from tests.integration.github_changes import (
    REPOSITORY,
    World,
    code_server,
    variables,
    world,
)
from tests.support.run_resources import run_resources
from tests.testbed.github import GitHubServer

REFUSED = re.compile(
    r"no branch or tag of .* so it may be of a fork|is no branch, tag or commit|has no commit|full id of the commit|"
    r"never brought to a server|comes from a fork"
)
TRUSTED, UNTRUSTED = "trusted", "untrusted"
"""What a run took a commit for. Whatever else is said is why it was refused."""


@contextmanager
def world_of_forks(folder: Path, monkeypatch: Any) -> Iterator[World]:
    """The app on the stand-in for GitHub, with a code server of its own, looked at for the first time."""
    with GitHubServer(validate=False) as github, code_server(folder / "code") as address:
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.create_branch(REPOSITORY, "development", "main")
        for login, role in {"dora": "write", "eve": "read"}.items():
            github.set_permission(REPOSITORY, login, role)
        monkeypatch.setenv("TEST_GITHUB_TOKEN", github.create_token("dora"))
        with world(folder, github, address, monkeypatch, f"repository: {REPOSITORY}") as made:
            file = made.folder / "apps" / "shop.yaml"
            file.write_text(
                file.read_text().replace(f"repository: {REPOSITORY}", f"repository: {github.git_url(REPOSITORY)}", 1)
            )
            made.app = load_app(file)
            made.look()
            yield made


@dataclass(frozen=True)
class Fork:
    """An open pull request of a fork: its number and its head."""

    number: int
    head: str


def open_fork(world: World) -> Fork:
    """A pull request of somebody outside, which somebody who may write has read and approved."""
    github = world.github
    fork = github.create_fork(REPOSITORY, "eve")
    head = github.commit(fork, {"evil.txt": "1\n"}, branch="fix", by="eve")
    number = github.create_pull(REPOSITORY, "fix", base="development", by="eve", fork=fork)
    return Fork(number, head)


def foreign(world: World, fork: Fork) -> dict[str, str]:
    """Commits by what they are: of a fork, of the merge that GitHub tries, and those that a branch had before."""
    github, made = world.github, {"head of a fork": fork.head}
    made["test merge of a fork"] = str(github.pull(REPOSITORY, fork.number)["merge_commit_sha"])
    made["deleted branch"] = github.commit(REPOSITORY, {"a.txt": "deleted\n"}, branch="deleted", by="dora")
    github.delete_branch(REPOSITORY, "deleted")
    made["rewritten branch"] = github.commit(REPOSITORY, {"a.txt": "rewritten\n"}, branch="rewritten", by="dora")
    github.force_push(REPOSITORY, "rewritten", "main")
    made["fork without a pull request"] = github.commit("eve/shop", {"b.txt": "1\n"}, branch="other", by="eve")
    return made


COMMANDS = (("run", "integrate"), ("run", "stage"), ("run", "deploy"), ("deploy",))


def tried(world: World, fork: Fork, commit: str) -> Iterator[tuple[str, str]]:
    """Each way to launch a run of the commit, and what came of it: TRUSTED, UNTRUSTED, or why it was refused."""
    for words in COMMANDS:
        yield f"shipline {' '.join(words)}", said(world, *words, "shop", "--commit", commit)
    for name, (request, tags) in requests(fork, commit).items():
        run = launched(world, request, tags)
        yield f"launchRun {name}", taken_for(world, run)
        yield f"launchRun {name}, rerun", taken_for(world, _again(world, run))
    for stage in (build_op, test_op):
        yield f"{stage.__name__} executed again", executed_again(world, commit, stage)


def said(world: World, *words: str) -> str:
    """What the command line says; TRUSTED where it goes on to the service, which does not run."""
    environment = variables(world.folder, "unix:/nowhere", os.environ["TEST_GITHUB_TOKEN"])
    done = subprocess.run(
        [sys.executable, "-m", "pipeline_defs.cli.main", *words],
        cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True,
    )  # fmt: skip
    told = done.stdout + done.stderr
    return told if done.returncode and REFUSED.search(told) else f"{TRUSTED}: {told}"


def requests(fork: Fork, commit: str) -> dict[str, tuple[Request, Mapping[str, str]]]:
    """What may be asked of Dagster about a commit, with tags that are somebody's own."""
    integrate = Request(app="shop", job=Job.INTEGRATE, commit=commit)
    deploy = integrate.model_copy(update={"job": Job.DEPLOY, "environment": "production"})
    merge = f"merge:shop:main:{commit}"

    def of(request: Request, **fields: object) -> Request:
        return request.model_copy(update=fields)

    return {
        "integrate": (integrate, {}),
        "integrate, short": (of(integrate, commit=commit[:10]), {}),
        "integrate on development": (of(integrate, branch="development"), {}),
        "integrate as a merge": (of(integrate, branch="main", pull=fork.number, change=merge), {}),
        "integrate as a branch": (of(integrate, commit="", branch=f"refs/pull/{fork.number}/head"), {}),
        "integrate as said by a sensor": (integrate, {"dagster/sensor_name": "github", "change": merge}),
        "deploy": (deploy, {}),
        "deploy on main": (of(deploy, branch="main", change=merge), {}),
        "deploy, untrusted": (of(deploy, untrusted=True, branch="main"), {}),
    }


def launched(world: World, request: Request, tags: Mapping[str, str] | None = None) -> dg.DagsterRun:
    """A run that was put into the queue as the page and the command line do it, by GraphQL."""
    return _launch(world, _execution(f"shop_{request.job}", request, tags or {}))


def _launch(world: World, execution: dict[str, Any]) -> dg.DagsterRun:
    asked = create_schema().execute_async(
        _LAUNCH, context_value=world.server._workspace(), variable_values={"run": execution}
    )
    answer = asyncio.run(asked)
    assert answer.data, answer.errors
    run = world.instance.get_run_by_id(answer.data["launchRun"]["run"]["runId"])
    assert run is not None
    return run


def _again(world: World, run: dg.DagsterRun) -> dg.DagsterRun:
    """What `shipline rerun` makes of a run, without the tag that says untrusted."""
    kept = {name: value for name, value in run.tags.items() if name != UNTRUSTED}
    tags = tags_of_rerun(run.run_id, kept, actor="ada@here", reason="", attempt=2)
    location = {"repositoryLocationName": "shipline", "repositoryName": "__repository__", "jobName": run.job_name}
    metadata = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
    return _launch(world, {"selector": location, "runConfigData": run.run_config, "executionMetadata": metadata})


def taken_for(world: World, run: dg.DagsterRun) -> str:
    """What the first stage takes a run's commit for; it is executed with the run's configuration and tags."""
    ran = world.folder / "ran"
    ran.unlink(missing_ok=True)
    stage = lint_op(world.app.model_copy(update={"lint": Lint(command=("touch", str(ran)))}))

    @dg.job(resource_defs=run_resources(world.folder / "workspace"))
    def first_stage() -> None:
        stage()

    config = {"shop_lint": {"config": run.run_config["ops"].get("shop_image", {}).get("config", {})}}
    try:
        ended = first_stage.execute_in_process({"ops": config}, world.instance, tags=run.tags)
    except (ShiplineError, dg.Failure) as error:
        return f"{TRUSTED}: {error}" if ran.exists() else _refusal(error)
    image = ended.output_for_node("shop_lint")
    assert isinstance(image, Image)
    return UNTRUSTED if image.untrusted and not ran.exists() else TRUSTED


def executed_again(world: World, commit: str, stage: Callable[[App], dg.OpDefinition]) -> str:
    """What a later stage does that is executed again alone, of a run which took the commit for the repository's own then."""
    made = stage(world.app)

    @dg.op
    def stored() -> Image:
        return Image(
            app="shop", repository=world.app.image, digest="", version="1.0.0", commit=commit, branch="main", tree="",
            built_from="", run="the run before",
        )  # fmt: skip

    @dg.job(resource_defs=run_resources(world.folder / "workspace"))
    def later_stage() -> None:
        made(stored())

    try:
        later_stage.execute_in_process(instance=world.instance)
    except (ShiplineError, dg.Failure) as error:
        return _refusal(error)
    return TRUSTED


def _refusal(error: Exception) -> str:
    """What was said, if that is a refusal of the commit; an error of any other kind means that it was taken."""
    said = str(getattr(error, "description", None) or error)
    return said if REFUSED.search(said) else f"{TRUSTED}: {said}"


def approved(world: World, fork: Fork) -> Iterator[tuple[str, str]]:
    """What the sensor's looks at a fork's pull request start, before and after somebody approves it, and what a person starts."""
    before = {run.run_id for run in world.runs()}
    world.look()
    yield from _of_sensor(world, "the sensor", before)
    world.github.comment(REPOSITORY, fork.number, f"/shipline test {fork.head}", by="dora")
    world.look()
    yield from _of_sensor(world, "the sensor, approved", before)


def _of_sensor(world: World, name: str, before: set[str]) -> Iterator[tuple[str, str]]:
    for run in world.runs():
        if run.run_id not in before:
            before.add(run.run_id)
            yield name, taken_for(world, run)
            yield f"{name}, rerun", taken_for(world, _again(world, run))
