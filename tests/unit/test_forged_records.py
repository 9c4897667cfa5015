"""Records that somebody else put into the storage choose nothing, and those that cannot be read stop nobody."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline_defs.config import App
from pipeline_defs.lineage import stored_records
from pipeline_defs.lineage.metadata import deployment_metadata, image_metadata
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.orchestration.op_run import write_down
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.quarantine import QuarantineEntry
from pipeline_defs.release.records import Image, Outcome
from pipeline_defs.release.recovery import given_up
from tests.support.forged_records import (
    EVIL,
    WAYS,
    A,
    B,
    all_of,
    app_of,
    deployment,
    forge,
    image,
    release,
)
from tests.support.recorded import record


@pytest.fixture
def app(tmp_path: Path) -> App:
    return app_of(tmp_path)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    stored_records._warned.clear()
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_a_forged_record_is_not_believed(
    instance: dg.DagsterInstance, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    record(instance, image())
    record(instance, deployment())
    lineage = Lineage(instance)
    before = all_of(lineage, app)
    assert [each.digest for each in before[0]] == [A]
    for way, given in WAYS.items():
        forge(instance, given)
        with caplog.at_level(logging.WARNING):
            assert all_of(lineage, app) == before, way
    assert caplog.text.count("is passed over") >= len(WAYS)
    assert all_of(Lineage(instance), app) == before  # by an index that is made anew


def test_a_run_that_the_storage_does_not_have_records_nothing(instance: dg.DagsterInstance, app: App) -> None:
    record(instance, image(), run="00000000-0000-4000-8000-000000000000")
    assert [each.digest for each in Lineage(instance).images(app)] == [A]
    instance.run_storage.delete_run("00000000-0000-4000-8000-000000000000")
    assert Lineage(instance).images(app) == []


def test_an_image_in_another_repository_is_nobodys_to_deploy(
    instance: dg.DagsterInstance, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    """Even if a run of the app's own job says so: as after the file was changed."""
    record(instance, image())
    record(instance, image(B, "2.0.0", EVIL))
    with caplog.at_level(logging.WARNING):
        assert [each.digest for each in Lineage(instance).images(app)] == [A]
    assert "evil.example/x are passed over" in caplog.text


JUNK: list[Any] = [
    {}, None, [], [1], [[]], {"app": "shop"}, {"app": []}, {"a": {"b": {}}}, ["x" * 10_000],
    {**image().model_dump(mode="json"), "version": "not a version"},
    {**image().model_dump(mode="json"), "digest": None},
    {**image().model_dump(mode="json"), "more": 1},
    {**deployment().model_dump(mode="json"), "started": "yesterday"},
    {**deployment().model_dump(mode="json"), "started": "2026-05-04T12:00:00"},
    {**deployment().model_dump(mode="json"), "outcome": "lovely"},
    {**deployment().model_dump(mode="json"), "release": {}},
]  # fmt: skip
KEYS = ("image", "checked", "rehearsal", "deployment", "quarantine", "maintenance")


@pytest.mark.parametrize("run", ["", None], ids=["without a run", "in a run of the app's own"])
def test_a_record_that_cannot_be_read_stops_nobody(
    instance: dg.DagsterInstance, app: App, caplog: pytest.LogCaptureFixture, run: str | None
) -> None:
    for asset in ("shop_image", "shop_production", "shop_staging"):
        for junk in JUNK:
            told = {key: dg.MetadataValue.json(junk) for key in KEYS}
            record(instance, deployment(), run=run, asset=dg.AssetKey(asset), metadata=told)
        for value in (dg.MetadataValue.null(), dg.MetadataValue.text("x"), dg.MetadataValue.int(1)):
            record(instance, deployment(), run=run, asset=dg.AssetKey(asset), metadata={"image": value})
    record(instance, image())
    record(instance, deployment())
    with caplog.at_level(logging.WARNING):
        lineage = Lineage(instance)
        assert [each.digest for each in lineage.images(app)] == [A]
        assert [(row.version, row.live) for row in lineage.environment(app, "production")] == [("1.0.0", True)]
        assert lineage.quarantine(app, "production") == []
        assert lineage.maintenance(app, "production") is None
    assert "it cannot be read" in caplog.text


def test_a_word_is_heard_under_its_own_asset_alone(instance: dg.DagsterInstance, app: App) -> None:
    lineage = Lineage(instance)
    word = QuarantineEntry(
        app="shop", environment="production", version="1.0.0", digest=A, lifted=False, actor="ada", reason="it is slow",
        at="2026-05-04T12:00:00+00:00",
    )  # fmt: skip
    lineage.say(word)
    assert [each.digest for each in lineage.quarantine(app, "production")] == [A]
    lifted = {"quarantine": dg.MetadataValue.json(word.model_copy(update={"lifted": True}).model_dump(mode="json"))}
    off = Maintenance(app="shop", environment="production", on=True, actor="eve", at="2026-05-04T12:00:00+00:00")
    lifted["maintenance"] = dg.MetadataValue.json(off.model_dump(mode="json"))
    for asset in ("blog_production", "shop_image", "shop_staging"):
        instance.report_runless_asset_event(dg.AssetObservation(asset, metadata=lifted))
        instance.report_runless_asset_event(dg.AssetMaterialization(asset, metadata=lifted))
    record(instance, deployment(), job="blog_deploy", metadata=lifted)
    assert [each.digest for each in lineage.quarantine(app, "production")] == [A]
    assert lineage.maintenance(app, "production") is None


def test_the_end_of_a_deployment_is_believed_without_a_run_and_nothing_else_of_it(
    instance: dg.DagsterInstance, app: App
) -> None:
    """The daemon writes down that a person is needed; whoever writes so too can say no more than that."""

    def rows() -> list[tuple[str, str]]:
        return [(row.version, row.outcome) for row in Lineage(instance).environment(app, "production")]

    begun = deployment(1, outcome=Outcome.STARTED).model_copy(update={"run": "0" * 8})
    record(instance, begun)
    record(instance, deployment(2).model_copy(update={"run": "1" * 8}))
    for forged in (
        begun.model_copy(update={"outcome": Outcome.SUCCEEDED}),
        begun.model_copy(update={"outcome": Outcome.ROLLED_BACK, "needs_person": True}),
        begun.model_copy(update={"outcome": Outcome.FAILED}),
        given_up(begun.model_copy(update={"release": release(B, "2.0.0", EVIL)}), "of", 1.0),
        given_up(begun.model_copy(update={"previous": release(B, "2.0.0", EVIL)}), "of", 1.0),
        given_up(begun.model_copy(update={"failed_after_change": True}), "of", 1.0),
        given_up(begun.model_copy(update={"id": "0003"}), "of", 1.0),
        given_up(deployment(2), "of a deployment that has ended", 1.0),
    ):
        write_down(instance, forged)
    assert [outcome for _, outcome in rows()] == ["succeeded", "failed (interrupted)"]
    write_down(instance, given_up(begun, "the server is gone", 1.0))
    assert [outcome for _, outcome in rows()] == ["succeeded", "failed"]
    (ended,) = [each for each in Lineage(instance).deployments(app, "production") if each.id == "0001"]
    assert ended.needs_person and ended.release == begun.release


def test_a_run_reads_back_only_what_its_own_steps_wrote(instance: dg.DagsterInstance) -> None:
    record(instance, image(), run="run-1")
    record(instance, image(B, "2.0.0"), run="run-1", step="shop_image.shop_lint")
    record(instance, image(B, "2.0.0", app="blog"), run="run-1")
    record(instance, image(), run="run-1", metadata={"image": dg.MetadataValue.json({})})
    found = stored_records.facts_of_run(instance, "run-1", dg.AssetKey("shop_image"), "image", Image)
    assert [each.digest for each in found] == [A]
    assert stored_records.facts_of_run(instance, "another", dg.AssetKey("shop_image"), "image", Image) == []


def test_what_people_see_beside_a_record_is_no_record(instance: dg.DagsterInstance, app: App) -> None:
    """Metadata of any other name and kind under an app's asset is somebody else's, and no warning."""
    told = {**image_metadata(image()), **deployment_metadata(deployment())}
    del told["image"], told["deployment"]
    instance.report_runless_asset_event(dg.AssetMaterialization("shop_production", metadata=told))
    assert all_of(Lineage(instance), app)[0] == []
    assert json.dumps([str(key) for key in told])
