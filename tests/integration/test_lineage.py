"""The lineage under runs that interleave: each deploys its own image and says which one it used.

Git, builds, registry and SSH are real. Only what happens on the server after that is left out, at the procedure's own door: the
question here is which release Dagster hands over, and what it records of it.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.assets import assets_of
from pipeline_defs.config import App, load_app
from pipeline_defs.history import Lineage
from pipeline_defs.ops import deploy as deploy_stage
from pipeline_defs.ops import rollback as rollback_stage
from pipeline_defs.ops import stage as rehearsal_stage
from pipeline_defs.ops.events import environment_key, image_key
from pipeline_defs.ops.record import NOT_REHEARSED
from pipeline_defs.release.quarantine import Word
from pipeline_defs.release.records import Image, Outcome, Release
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.resources.engine import EngineResource
from pipeline_defs.resources.github_resource import GitHubResource
from pipeline_defs.resources.registry import RegistryResource
from pipeline_defs.resources.source_resource import SourceResource
from pipeline_defs.resources.ssh import SshResource
from pipeline_defs.server.command import Runner
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Report, Task
from tests import shop
from tests.shop import git
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

    Of the version in `broken` every deployment fails.
    """

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.deployed: dict[str, str] = {}
        self.live: Release | None = None
        self.broken = ""
        self.pushed, self.go_on = threading.Event(), threading.Event()
        self.repository = folder / "tiny"
        self.repository.mkdir()
        git(self.repository, "init", "--quiet", "--initial-branch=main")
        (folder / "tiny.yaml").write_text(APP.format(repository=self.repository, name=folder.name.replace("_", "-")))
        self.app: App = load_app(folder / "tiny.yaml")
        workspace = str(folder / "workspace")
        self.resources = {
            "source": SourceResource(workspace=workspace),
            "github": GitHubResource(),
            "engine": EngineResource(workspace=workspace),
            "registry": RegistryResource(),
            "ssh": SshResource(),
        }
        hooks = {self._pause_after_push()}
        jobs = [
            dg.define_asset_job("deploy", selection=[IMAGE, PRODUCTION], tags={"kind": "deploy"}, hooks=hooks),
            dg.define_asset_job("stage", selection=[STAGING]),
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

    def run(self, job: str, *assets: dg.AssetKey, pause: bool = False, **configs: dict[str, str]) -> str:
        """A run of a job, of some of its assets; `configs` by asset. Gives the run's id."""
        config = {"ops": {name: {"config": config} for name, config in configs.items()}}
        result = self.defs.resolve_job_def(job).execute_in_process(
            run_config=config,
            instance=self.instance,
            asset_selection=list(assets) or None,
            tags={"pause": "yes"} if pause else {},
        )
        assert result.success
        return result.run_id

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


@pytest.fixture
def tiny(testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    def deploy(task: Task, server: Runner) -> Report:
        assert task.release is not None
        made.deployed[task.run] = task.release.digest
        if task.release.version == made.broken:
            return Report(Outcome.FAILED, changed=True, error="the tests failed")
        made.live = task.release
        return Report(Outcome.SUCCEEDED, live=task.release)

    def rollback(task: Task, server: Runner) -> Report:
        return Report(Outcome.SUCCEEDED, live=made.live)

    def rehearse(task: Task, server: Runner, production: Site) -> Report:
        return Report(Outcome.SUCCEEDED, live=task.release)

    monkeypatch.setattr(deploy_stage, "deploy", deploy)
    monkeypatch.setattr(rollback_stage, "rollback", rollback)
    monkeypatch.setattr(rehearsal_stage, "rehearse", rehearse)
    (tmp_path / "dagster").mkdir()
    with (
        shop.variables(shop.environment(testbed)),
        dg.DagsterInstance.local_temp(
            str(tmp_path / "dagster"), overrides={"telemetry": {"enabled": False}}
        ) as instance,
    ):
        made = Tiny(tmp_path, instance)
        yield made
        engine = EngineResource(workspace=str(tmp_path / "workspace")).find()
        engine.remove(*(f"{made.app.image}:{tree_tag(image.tree)}" for image in made.images))


def test_of_two_runs_that_interleave_each_deploys_its_own_image(tiny: Tiny) -> None:
    first, second = tiny.commit("1.0.0", "one"), tiny.commit("1.1.0", "two")
    with ThreadPoolExecutor(1) as pool:
        paused = pool.submit(lambda: tiny.run("deploy", pause=True, tiny_image={"commit": first, "branch": "main"}))
        try:
            assert tiny.pushed.wait(LIMIT)
            overtaking = tiny.run("deploy", tiny_image={"commit": second, "branch": "main"})
        finally:
            tiny.go_on.set()
        overtaken = paused.result(LIMIT)
    one, two = tiny.digest_of(overtaken), tiny.digest_of(overtaking)
    assert one != two
    assert tiny.deployed == {overtaken: one, overtaking: two}
    assert tiny.used(overtaken)["tiny_image"] == tiny.used(overtaken)["tiny_production"] == one
    assert tiny.used(overtaking)["tiny_image"] == tiny.used(overtaking)["tiny_production"] == two


def test_a_deployment_of_an_older_version_says_that_it_used_the_older_image(tiny: Tiny) -> None:
    older = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    newer = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.1.0", "two")})
    again = tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.0.0"})
    newest = tiny.instance.get_latest_data_version_record(IMAGE)
    assert newest is not None
    assert tiny.digest_of(newer) == (newest.asset_materialization.tags or {})["dagster/data_version"]
    assert tiny.deployed[again] == tiny.digest_of(older)
    assert tiny.used(again)["tiny_image"] == tiny.digest_of(older)


def test_a_deployment_says_whether_its_image_was_rehearsed(tiny: Tiny) -> None:
    commit = tiny.commit("1.0.0", "one")
    before = tiny.run("deploy", tiny_image={"commit": commit})
    tiny.run("stage", tiny_staging={"commit": commit})
    after = tiny.run("deploy", PRODUCTION, tiny_production={"commit": commit})
    assert tiny.used(before)["tiny_staging"] == NOT_REHEARSED
    assert tiny.used(after)["tiny_staging"] == tiny.digest_of(before)


def test_a_tree_is_built_once_and_promoted_with_its_evidence(tiny: Tiny) -> None:
    built = tiny.commit("1.0.0", "same")
    tiny.run("deploy", tiny_image={"commit": built, "branch": "development"})
    promoted = tiny.commit("1.1.0", "same")
    tiny.run("deploy", tiny_image={"commit": promoted, "branch": "main"})
    second, first = tiny.images
    assert (first.version, second.version) == ("1.0.0", "1.1.0")
    assert second.digest == first.digest
    assert (first.built_from, second.built_from) == (built, built)
    assert first.tags == ("1.0.0_dev", "staging_dev", "1.0.0", "staging")
    assert second.tags == ("1.1.0", "latest")
    registry = RegistryResource().of(tiny.app)
    assert {registry.digest_of(tag) for tag in (*first.tags, *second.tags)} == {first.digest}


def test_a_version_is_never_given_to_another_tree(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one"), "branch": "main"})
    changed = tiny.commit("1.0.0", "two")
    with pytest.raises(dg.Failure, match=r"version 1\.0\.0 of tiny already names the image sha256:.* raise the number"):
        tiny.run("deploy", tiny_image={"commit": changed, "branch": "main"})
    assert len(tiny.images) == 1


def test_a_run_is_found_by_version_commit_and_digest(tiny: Tiny) -> None:
    commit = tiny.commit("1.0.0", "one")
    run = tiny.run("deploy", tiny_image={"commit": commit})
    digest = tiny.digest_of(run)
    wanted = {"version": "1.0.0", "commit": commit[:12], "digest": digest.removeprefix("sha256:")[:12]}
    assert [found.run_id for found in tiny.instance.get_runs(dg.RunsFilter(tags=wanted))] == [run]


def test_every_attempt_is_announced_before_it_begins(tiny: Tiny) -> None:
    run = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    observed = tiny.instance.fetch_observations(PRODUCTION, limit=10).records
    assert [record.run_id for record in observed] == [run]
    assert observed[0].asset_observation is not None
    assert observed[0].asset_observation.description == "deploy of 1.0.0: started"
    announced = observed[0].asset_observation.metadata["deployment"].value
    assert announced["outcome"] == "started"
    (row,) = Lineage(tiny.instance).environment(tiny.app, "production")
    assert (row.id, row.outcome, row.live) == (announced["id"], "succeeded", True)


def test_a_rehearsal_of_nothing_in_particular_is_of_the_newest_image(tiny: Tiny) -> None:
    with pytest.raises(dg.Failure, match="tiny has no image yet; make one with: shipline run integrate tiny"):
        tiny.run("stage")
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    newest = tiny.run("deploy", tiny_image={"commit": tiny.commit("1.1.0", "two")})
    rehearsed = tiny.run("stage")
    (row,) = Lineage(tiny.instance).environment(tiny.app, "staging")
    assert (row.run, row.digest) == (rehearsed, tiny.digest_of(newest))


def test_a_deployment_of_nothing_in_particular_is_refused(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    with pytest.raises(dg.Failure, match="this run makes no image; say which one with a version or a commit"):
        tiny.run("deploy", PRODUCTION)


def test_a_run_that_went_back_is_found_by_what_it_was_to_deploy(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    commit, tiny.broken = tiny.commit("1.1.0", "two"), "1.1.0"
    with pytest.raises(dg.Failure, match=r"1\.1\.0 failed and was rolled back, 1\.0\.0 runs again: the tests failed"):
        tiny.run("deploy", tiny_image={"commit": commit})
    newest = tiny.instance.get_runs(limit=1)[0]
    assert (newest.tags["version"], newest.tags["commit"]) == ("1.1.0", commit[:12])
    observed = tiny.instance.fetch_observations(PRODUCTION, limit=1).records[0].asset_observation
    assert observed is not None
    assert observed.description == "deploy of 1.1.0: rolled back: the tests failed"


def test_a_release_that_was_rolled_back_is_not_shipped_again_until_a_person_lifts_its_quarantine(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    commit, tiny.broken = tiny.commit("1.1.0", "two"), "1.1.0"
    with pytest.raises(dg.Failure, match="failed and was rolled back"):
        tiny.run("deploy", tiny_image={"commit": commit})
    lineage = Lineage(tiny.instance)
    (barred,) = lineage.quarantine(tiny.app, "production")
    assert (barred.version, barred.because) == ("1.1.0", "its deployment was rolled back: the tests failed")
    attempts, tiny.broken = dict(tiny.deployed), ""
    for asked in ({"version": "1.1.0"}, {"commit": commit}):
        with pytest.raises(dg.Failure, match=r"is quarantined in production since .* shipline quarantine lift tiny"):
            tiny.run("deploy", PRODUCTION, tiny_production=asked)
    assert tiny.deployed == attempts, "nothing reached the server"
    said = {
        "app": "tiny",
        "environment": "production",
        "version": "1.1.0",
        "digest": barred.digest,
        "actor": "ada@desk",
    }
    lineage.say(Word.model_validate({**said, "lifted": True, "reason": "mended", "at": "2026-05-04T12:00:00+00:00"}))
    assert lineage.quarantine(tiny.app, "production") == []
    tiny.run("deploy", PRODUCTION, tiny_production={"version": "1.1.0"})
    assert next(row.version for row in lineage.environment(tiny.app, "production") if row.live) == "1.1.0"


def test_a_newer_version_is_shipped_while_the_one_before_is_quarantined(tiny: Tiny) -> None:
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.0.0", "one")})
    commit, tiny.broken = tiny.commit("1.1.0", "two"), "1.1.0"
    with pytest.raises(dg.Failure, match="failed and was rolled back"):
        tiny.run("deploy", tiny_image={"commit": commit})
    tiny.run("deploy", tiny_image={"commit": tiny.commit("1.1.1", "three")})
    (barred,) = Lineage(tiny.instance).quarantine(tiny.app, "production")
    assert (barred.version, barred.overtaken_by) == ("1.1.0", "1.1.1")
