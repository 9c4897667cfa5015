"""Which version is where, in the words that the lineage page shows without a click."""

import os
import time
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.cli.definitions_reload import Reloading
from pipeline_defs.config import Home
from pipeline_defs.definitions import definitions
from pipeline_defs.lineage.shown_versions import SINCE, keep_shown_versions, shown_versions
from tests.unit.sample import example

APP = """
repository: acme/shop
image: registry.example.org/acme/shop
environments:
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}
"""
DATABASE = "database: {name: shop, user: shop}"


def materialized(instance: dg.DagsterInstance, asset: str, version: str) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(asset, metadata={"version": version, "digest": f"sha256:{'ab' * 32}"})
    )


def test_the_newest_materialization_of_each_asset_is_kept_and_told_first(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "shop.yaml").write_text(APP)
    with dg.DagsterInstance.ephemeral() as instance:
        for version in ("1.1.0", "1.2.0"):
            materialized(instance, "shop_production", version)
        materialized(instance, "shop_image", "1.3.0")
        keep_shown_versions(tmp_path, instance, [example()])
        kept = shown_versions(tmp_path)
    assert {name: text.partition(" since ")[0] for name, text in kept.items()} == {
        "shop_image": "1.3.0 (abababababab)",
        "shop_production": "1.2.0 (abababababab)",
    }
    made = definitions(tmp_path / "apps", kept)
    specs = {spec.key.to_user_string(): spec for spec in made.resolve_all_asset_specs()}
    assert (specs["shop_production"].description or "").startswith(
        f"**{kept['shop_production']}**. The release of shop"
    )
    assert specs["shop_production"].kinds == {"docker", "1.2.0"}  # which the graph shows
    plain = definitions(tmp_path / "apps").resolve_job_def("shop_deploy")
    assert {node.name for node in made.resolve_job_def("shop_deploy").nodes} == {node.name for node in plain.nodes}


def test_a_release_that_serves_on_after_a_failure_is_there_since_its_own_deployment(tmp_path: Path) -> None:
    told = {"version": "1.1.0", "digest": f"sha256:{'ab' * 32}", SINCE: dg.MetadataValue.timestamp(1_700_000_000.0)}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("shop_production", metadata=told))
        keep_shown_versions(tmp_path, instance, [example()])
    assert shown_versions(tmp_path)["shop_production"] == "1.1.0 (abababababab) since 2023-11-14 22:13 UTC"


def test_only_an_environment_with_a_postgresql_shows_its_icon(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(
        f"{APP}  other: {{hosts: b.example.org, directory: /o/p, compose: c.yml, {DATABASE}}}"
    )
    specs = {spec.key.to_user_string(): spec for spec in definitions(tmp_path).resolve_all_asset_specs()}
    assert specs["shop_production"].kinds == {"docker"}
    assert specs["shop_other"].kinds == {"docker", "postgres"}


def test_what_is_said_already_is_not_written_again(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        materialized(instance, "shop_production", "1.1.0")
        keep_shown_versions(tmp_path, instance, [example()])
        before = Home(tmp_path).shown_versions.stat().st_ino
        keep_shown_versions(tmp_path, instance, [example()])
    assert Home(tmp_path).shown_versions.stat().st_ino == before


@pytest.mark.parametrize("text", ["", "[1]", "{", '"a"'])
def test_a_file_that_cannot_be_used_shows_nothing(tmp_path: Path, text: str) -> None:
    Home(tmp_path).shown_versions.write_text(text)
    assert shown_versions(tmp_path) == {}


def test_what_is_shown_alone_is_read_anew_now_and_then_and_an_app_s_file_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path))
    reloading = Reloading(Home(tmp_path), "unix:/nowhere", os.environ, lambda _: None)
    begun: list[float] = []
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: begun.append(time.monotonic()))

    def looks(file: str, text: str) -> int:
        (tmp_path / file).write_text(text)
        for _ in range(4):
            reloading.check_files()
        return len(begun)

    assert looks(Home(tmp_path).shown_versions.name, "{}") == 1
    assert looks(Home(tmp_path).shown_versions.name, '{"a": "1.0.0"}') == 1  # not again so soon
    assert looks("shop.yaml", APP) == 2
