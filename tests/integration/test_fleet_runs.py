"""Several hosts by Dagster's own runs: the record, the way back, and what people are shown of it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline_defs.cli.cli_output import Output
from pipeline_defs.cli.status_command import _notes, _status
from pipeline_defs.cli.trace_command import _evidence_shown
from pipeline_defs.deployments.plan import plan_of
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.release.history import Row
from pipeline_defs.server.core.task import Report, Task
from pipeline_defs.server.fleet.fleet_procedures import deploy_all
from pipeline_defs.server.fleet.member import Line
from tests.support import shop
from tests.support.fleet import WEB, Fleet, write_source
from tests.support.run_resources import run_resources
from tests.testbed.bed import TestBed
from tests.testbed.server import Server

IMAGE, PRODUCTION = image_key("pair"), environment_key("pair", "production")


class Runs:
    """The app of a fleet, shipped by runs from a repository."""

    def __init__(self, fleet: Fleet, instance: dg.DagsterInstance) -> None:
        self.fleet, self.instance, self.app = fleet, instance, fleet.app
        self.workspace = fleet.folder / "workspace"
        self.repository = fleet.folder / "repository"
        self.repository.mkdir()
        shop.git(self.repository, "init", "--quiet", "--initial-branch=main")
        resources = run_resources(self.workspace)
        jobs = [dg.define_asset_job("pair_deploy", selection=[IMAGE, PRODUCTION], tags={"kind": "deploy"})]
        self.defs = dg.Definitions(
            assets=assets_of(self.app), jobs=jobs, resources=resources, executor=dg.in_process_executor
        )

    def deploy(self, version: str) -> dg.ExecuteInProcessResult:
        """A run that makes an image of a new commit and deploys it."""
        write_source(self.repository, version)
        for name, content in (
            self.fleet.files | {"version.txt": version.encode(), ".dockerignore": b"*.yml\n.git\n"}
        ).items():
            (self.repository / name).write_bytes(content)
        shop.git(self.repository, "add", "--all")
        shop.git(self.repository, "commit", "--quiet", "-m", version)
        commit = shop.git(self.repository, "rev-parse", "HEAD")
        return self.run({"pair_image": {"config": {"commit": commit}}})

    def run(self, ops: dict[str, object], *assets: dg.AssetKey) -> dg.ExecuteInProcessResult:
        """A run of the job."""
        return self.defs.resolve_job_def("pair_deploy").execute_in_process(
            {"ops": ops}, instance=self.instance, asset_selection=list(assets) or None, raise_on_error=False
        )

    @property
    def rows(self) -> list[Row]:
        """The environment's history, newest first."""
        return Lineage(self.instance).environment(self.app, "production")

    @property
    def status(self) -> dict[str, Any]:
        """What `shipline status` says of the environment."""
        standing = Lineage(self.instance).environment_status(self.app, "production")
        return _status(self.app, "production", standing) | {"drift": None}


@pytest.fixture
def runs(
    testbed: TestBed, two_servers: tuple[Server, Server], tmp_path: Path, instance: dg.DagsterInstance
) -> Iterator[Runs]:
    fleet = Fleet(testbed, two_servers, tmp_path, image="pair-runs")
    fleet.wipe()
    with shop.variables(shop.environment(testbed)):
        yield Runs(fleet, instance)
    fleet.wipe()


def shown(capsys: pytest.CaptureFixture[str], what: object) -> str:
    Output().result(None, what)
    return " ".join(capsys.readouterr().out.split())


def test_a_deployment_is_one_row_with_what_came_of_it_on_each_host(
    runs: Runs, tmp_path: Path, capsys: pytest.CaptureFixture[str], impatient: None
) -> None:
    first, second = runs.fleet.servers
    names = [f"root@127.0.0.1:{server.ssh_port}" for server in (first, second)]
    assert runs.deploy("1.0.0").success
    (row,) = runs.rows
    assert [(each.host, each.outcome, each.version) for each in row.hosts] == [
        (name, "succeeded", "1.0.0") for name in names
    ]
    second.exec("touch", "/opt/pair-data/sick-1.1.0")
    failed = runs.deploy("1.1.0")
    assert not failed.success
    back, row = runs.rows[:2]
    assert (row.outcome, back.kind, back.outcome, back.version) == ("rolled back", "rollback", "succeeded", "1.0.0")
    assert row.error and row.error.startswith(
        f"pair production on {names[1]}, step healthy: the service web is unhealthy"
    )
    assert [str(each.outcome) for each in row.hosts] == ["succeeded", "failed"]
    assert [each.version for each in back.hosts] == ["1.0.0", "1.0.0"]
    assert runs.fleet.versions == ["1.0.0"]
    assert f"{names[1]}: failed after" in shown(capsys, _evidence_shown(row))
    observed = runs.instance.fetch_observations(PRODUCTION, limit=10).records
    assert any("hosts" in each.asset_observation.metadata for each in observed if each.asset_observation)

    made = plan_of(runs.app, "production", "1.1.0", Lineage(runs.instance), source_of(runs.app, tmp_path))
    assert f"once {names[0]} is done the same follows on {names[1]}, at most 4 at once" in made.notes
    assert any("quarantined" in refusal for refusal in made.refusals)
    second.shut_out()
    try:
        made = plan_of(runs.app, "production", "1.1.0", Lineage(runs.instance), source_of(runs.app, tmp_path))
    finally:
        second.let_in()
    assert any(str(second.ssh_port) in refusal for refusal in made.refusals)


@pytest.mark.thorough
def test_a_host_that_is_lost_on_the_way_back_is_shown_until_the_next_deployment_has_put_it_right(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    first, second = runs.fleet.servers
    assert runs.deploy("1.0.0").success
    second.exec("touch", "/opt/pair-data/sick-1.1.0")
    with monkeypatch.context() as once:
        once.setattr("pipeline_defs.deployments.deploy.deploy_all", _and_then_lost(second))
        try:
            assert not runs.deploy("1.1.0").success
        finally:
            second.let_in()
    assert runs.fleet.running(first)[WEB] == "1.0.0" and runs.fleet.running(second)[WEB] == "1.1.0"
    notes = [note.plain for note in _notes(runs.status)]
    assert f"pair production: root@127.0.0.1:{first.ssh_port} runs 1.0.0" in notes
    assert any(f"root@127.0.0.1:{second.ssh_port} runs nobody knows what, because " in note for note in notes)
    assert runs.deploy("1.2.0").success
    assert runs.fleet.versions == ["1.2.0"]
    assert not list(_notes(runs.status))
    assert runs.rows[0].previous_version == "1.0.0"


def _and_then_lost(server: Server) -> Callable[[Task, Sequence[Line]], Report]:
    """The deployment, after which a server answers no more."""

    def deploy(task: Task, servers: Sequence[Line]) -> Report:
        report = deploy_all(task, servers)
        server.shut_out()
        return report

    return deploy
