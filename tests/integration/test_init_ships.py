"""What `shipline init` writes is enough: with a server and a registry in it, the sample app is rehearsed and deployed by that file."""

from pathlib import Path

import dagster as dg
import pytest
import yaml

from pipeline_defs.cli.main import main
from pipeline_defs.config import App, load_app
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.server.core.command import script
from tests.integration.procedures import WIPE
from tests.integration.shop_runs import ShopRuns
from tests.support import shop
from tests.support.shop import SOURCE, Shop
from tests.testbed.bed import TestBed
from tests.testbed.images import CADDY

pytestmark = pytest.mark.thorough


def written(folder: Path, testbed: TestBed, monkeypatch: pytest.MonkeyPatch) -> App:
    """The sample app by the file that is written for it, in which only what says CHANGE THIS was changed."""
    monkeypatch.setenv("SHIPLINE_HOME", str(folder / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(folder / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(folder))
    assert main(["init", str(SOURCE)]) == 0
    file = folder / "shop.yaml"
    data = yaml.safe_load(file.read_text())
    server = testbed.servers[0]
    data["image"] = f"{testbed.environment()['SHOP_REGISTRY']}/shop"
    for environment in data["environments"].values():
        place = {"port": server.ssh_port, "key": str(testbed.key), "known_hosts": str(testbed.known_hosts)}
        environment["hosts"] = {"address": server.host, **place}
    file.write_text(yaml.safe_dump(data))
    return load_app(file)


def test_the_sample_app_ships_by_the_file_that_is_written_for_it(
    testbed: TestBed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.variables(shop.environment(testbed)):
        sample = Shop(testbed, written(tmp_path, testbed, monkeypatch), tmp_path)
    testbed.servers[0].load(CADDY.name)
    with sample.server() as server:
        assert server.run(script(WIPE), timeout=120).ok
    (tmp_path / "dagster").mkdir()
    storage = dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), overrides={"telemetry": {"enabled": False}})
    with storage as instance:
        runs = ShopRuns(sample, tmp_path, instance)
        runs.release("1.0.0")
        for begun in (runs.stage("1.0.0"), runs.deploy("1.0.0"), runs.stage("1.0.0")):
            assert begun.success, runs.said(begun)
        [row] = Lineage(instance).environment(runs.app, "production")
        assert (row.outcome, row.version, row.live, row.e2e is not None) == ("succeeded", "1.0.0", True, True)
        rehearsal = Lineage(instance).environment(runs.app, "staging")[0]
        assert rehearsal.copied is not None and rehearsal.revision == "0003"
