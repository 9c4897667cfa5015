"""An app whose image is one file, shipped by Dagster's own runs: real git, builds, registry and SSH.

Only what happens on the server after that is left out, at the procedure's own door.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.config import App, load_app
from pipeline_defs.deployments import deploy as deploy_module
from pipeline_defs.deployments import rollback as rollback_module
from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.release.records import Image, Outcome, Release
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.resources.docker_engine import EngineResource
from pipeline_defs.server.core.command import Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.fleet.member import Line
from pipeline_defs.server.rehearsal import rehearse_procedure as rehearse_procedure
from tests.support import shop
from tests.support.run_resources import run_resources
from tests.support.shop import git
from tests.support.storage import storage
from tests.testbed.bed import TestBed

IMAGE, STAGING, PRODUCTION = (
    image_key("tiny"),
    environment_key("tiny", "staging"),
    environment_key("tiny", "production"),
)
LIMIT = 120.0  # seconds after which a thread that should have been waited for is given up

APP = """
repository: {repository}
image: ${{SHOP_REGISTRY}}/tiny-{name}
registry: {{username: {{env: SHOP_REGISTRY_USER}}, password: {{env: SHOP_REGISTRY_PASSWORD}}}}
lint: {{command: ["true"]}}
test: null
environments:
  staging: &place
    hosts: {{address: "${{SHOP_HOST}}", port: "${{SHOP_SSH_PORT}}", key: "${{SHOP_SSH_KEY}}", known_hosts: "${{SHOP_KNOWN_HOSTS}}"}}
    directory: /opt/tiny/staging
    compose: tiny.yml
    rehearses: production
    database: {{name: tiny, user: tiny}}
  production: {{<<: *place, directory: /opt/tiny/production, rehearses: null}}
"""


class Tiny:
    """An app whose image is one file. `deployed` is what reached the server's door: {run: digest}; `live` is what runs there.

    Of the version in `broken` every deployment fails. `way_back` is what comes of each rollback; None: it works.
    `failed_hooks` are those that fail once a deployment is final.
    """

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.deployed: dict[str, str] = {}
        self.live: Release | None = None
        self.broken = ""
        self.way_back: Report | None = None
        self.failed_hooks: tuple[str, ...] = ()
        self.pushed, self.go_on = threading.Event(), threading.Event()
        self.repository = folder / "tiny"
        self.repository.mkdir()
        git(self.repository, "init", "--quiet", "--initial-branch=main")
        (folder / "tiny.yaml").write_text(APP.format(repository=self.repository, name=folder.name.replace("_", "-")))
        self.app: App = load_app(folder / "tiny.yaml")
        self.resources = run_resources(folder / "workspace")
        self._define()

    def freeze(self, *windows: str) -> None:
        """Give production these windows."""
        changed = self.app.environments["production"].model_copy(update={"freeze": windows})
        self.change(environments={**self.app.environments, "production": changed})

    def change(self, **keys: object) -> None:
        """Give the app other keys, as when its file was changed and read anew."""
        self.app = self.app.model_copy(update=keys)
        self._define()

    def _define(self) -> None:
        hooks = {self._pause_after_push()}
        jobs = [
            dg.define_asset_job("tiny_deploy", selection=[IMAGE, PRODUCTION], tags={"kind": "deploy"}, hooks=hooks),
            dg.define_asset_job("tiny_stage", selection=[STAGING]),
        ]
        self.defs = dg.Definitions(
            assets=assets_of(self.app), jobs=jobs, resources=self.resources, executor=dg.in_process_executor
        )

    def commit(self, version: str, content: str) -> str:
        """A commit of this version, whose image holds this content."""
        files = {"version.txt": version, "content.txt": content, "tiny.yml": "services: {}\n"}
        files |= {"Dockerfile": "FROM scratch\nCOPY content.txt /\n", ".dockerignore": "version.txt\ntiny.yml\n.git\n"}
        for name, text in files.items():
            (self.repository / name).write_text(text)
        git(self.repository, "add", "--all")
        git(self.repository, "commit", "--quiet", "-m", version)
        return git(self.repository, "rev-parse", "HEAD")

    def run(
        self,
        job: str,
        *assets: dg.AssetKey,
        pause: bool = False,
        tags: Mapping[str, str] | None = None,
        **configs: Mapping[str, object],
    ) -> str:
        """A run of a job, of some of its assets; `configs` by asset. Gives the run's id. Raises dagster's Failure where it fails."""
        tags = {**(tags or {}), **({"pause": "yes"} if pause else {})}
        return self.tried(job, *assets, tags=tags, raises=True, **configs).run_id

    def failure(self, job: str, *assets: dg.AssetKey) -> str:
        """The sentence with which a run of a job fails."""
        result = self.tried(job, *assets)
        assert not result.success
        [failed] = [event for event in result.all_node_events if event.is_step_failure]
        data = failed.step_failure_data.user_failure_data
        assert data is not None
        return data.description or ""

    def tried(
        self,
        job: str,
        *assets: dg.AssetKey,
        tags: Mapping[str, str] | None = None,
        raises: bool = False,
        **configs: Mapping[str, object],
    ) -> dg.ExecuteInProcessResult:
        """A run of a job, of some of its assets, however it ends, or raising what fails."""
        config = {"ops": {name: {"config": config} for name, config in configs.items()}}
        return self.defs.resolve_job_def(f"tiny_{job}").execute_in_process(
            run_config=config,
            instance=self.instance,
            asset_selection=list(assets) or None,
            tags=dict(tags or {}),
            raise_on_error=raises,
        )

    def _pause_after_push(self) -> dg.HookDefinition:
        """Between making the image and deploying it, a run with the tag `pause` waits until it may go on."""

        @dg.success_hook
        def pause_after_push(context: dg.HookContext) -> None:
            run = context.instance.get_run_by_id(context.run_id)
            if context.op.name == "tiny_push" and run is not None and run.tags.get("pause"):
                self.pushed.set()
                assert self.go_on.wait(LIMIT)

        return pause_after_push

    def digest_of(self, run: str) -> str:
        """The digest of the image that a run made."""
        return next(image.digest for image in self.images if image.run == run)

    @property
    def images(self) -> list[Image]:
        return Lineage(self.instance).images(self.app)

    def used(self, run: str) -> dict[str, str]:
        """The versions that a run's deployment says it came from, by upstream asset, and its own under its own name."""
        for record in self.instance.fetch_materializations(PRODUCTION, limit=100).records:
            if record.run_id == run:
                assert record.asset_materialization is not None
                tags = record.asset_materialization.tags or {}
                start = "dagster/input_data_version/"
                found = {name.removeprefix(start): value for name, value in tags.items() if name.startswith(start)}
                return {**found, "tiny_production": tags["dagster/data_version"]}
        raise AssertionError(f"run {run} deployed nothing")


@contextmanager
def shipped(testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """A tiny app in a storage of its own, whose servers do what they are told."""

    def deploy(task: Task, servers: Sequence[Line]) -> Report:
        assert task.release is not None
        made.deployed[task.run] = task.release.digest
        if task.release.version == made.broken:
            return Report(Outcome.FAILED, changed=True, error="the tests failed")
        made.live = task.release
        return Report(Outcome.SUCCEEDED, live=task.release, failed_hooks=made.failed_hooks)

    def rollback(task: Task, servers: Sequence[Line]) -> Report:
        return made.way_back or Report(Outcome.SUCCEEDED, live=made.live)

    def rehearse(task: Task, server: Runner, production: Site) -> Report:
        return Report(Outcome.SUCCEEDED, live=task.release)

    monkeypatch.setattr(deploy_module, "deploy_all", deploy)
    monkeypatch.setattr(rollback_module, "rollback_all", rollback)
    monkeypatch.setattr(rehearse_procedure, "rehearse", rehearse)
    with shop.variables(shop.environment(testbed)), storage(tmp_path / "dagster") as instance:
        made = Tiny(tmp_path, instance)
        yield made
        engine = EngineResource(workspace=str(tmp_path / "workspace")).find()
        engine.remove(*(f"{made.app.image}:{tree_tag(image.tree)}" for image in made.images))
