"""Which events are records: those that a recording step of the app's own jobs wrote, under the right asset."""

import logging
from typing import Any

import dagster as dg
import pytest
from dagster._core.events import AssetObservationData
from dagster._core.events.log import EventLogEntry
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.lineage import stored_records
from pipeline_defs.lineage.metadata import deployment_metadata, image_metadata, rehearsal_metadata
from pipeline_defs.lineage.stored_records import facts_in, said_in
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal, Release
from pipeline_defs.release.recovery import given_up, is_end_of

RELEASE = Release(
    app="shop", version="1.0.0", repository="registry.example.org/shop", digest="sha256:" + "a" * 64, commit="1" * 40
)
IMAGE = Image(
    app="shop", repository=RELEASE.repository, digest=RELEASE.digest, version="1.0.0", commit="1" * 40, branch="main",
    tree="t" * 64, built_from="1" * 40,
)  # fmt: skip
DEPLOYMENT = Deployment(
    id="1", kind=DeploymentKind.DEPLOY, release=RELEASE, environment="production", outcome=Outcome.STARTED,
    started="2026-05-04T12:00:00+00:00",
)  # fmt: skip
REHEARSAL = Rehearsal(
    id="1", release=RELEASE, environment="staging", outcome=Outcome.SUCCEEDED, started="2026-05-04T12:00:00+00:00"
)
RIGHT = [
    (image_metadata(IMAGE), "shop_image", "shop_image.shop_push"),
    (deployment_metadata(DEPLOYMENT), "shop_production", "shop_production.shop_production_deploy"),
    (deployment_metadata(DEPLOYMENT), "shop_production", "shop_production.shop_production_rollback"),
    (deployment_metadata(DEPLOYMENT), "shop_production", "shop_production.shop_production_record"),
    (rehearsal_metadata(REHEARSAL), "shop_staging", "shop_staging.shop_staging_stage"),
]
JOBS = ["shop_integrate", "shop_stage", "shop_deploy", "shop_rollback", "shop_deploy_demo", "__ASSET_JOB"]


@pytest.fixture(autouse=True)
def unsaid() -> None:
    """Each test hears its own warnings."""
    stored_records._warned.clear()


def event(metadata: Any, asset: str, step: str | None, run: str = "run") -> EventLogEntry:
    told = AssetObservationData(dg.AssetObservation(dg.AssetKey(asset.split("/")), metadata=metadata))
    kind = dg.DagsterEventType.ASSET_OBSERVATION.value
    seen = dg.DagsterEvent(event_type_value=kind, job_name="x", step_key=step, event_specific_data=told)
    return EventLogEntry(
        error_info=None, level=20, user_message="", run_id=run, timestamp=1.0, step_key=step, job_name="shop_integrate",
        dagster_event=seen,
    )  # fmt: skip


@pytest.mark.parametrize(("metadata", "asset", "step"), RIGHT)
@pytest.mark.parametrize("job", JOBS)
def test_what_the_apps_own_steps_wrote_counts(metadata: Any, asset: str, step: str, job: str) -> None:
    assert len(list(facts_in(event(metadata, asset, step), job))) == 1


@pytest.mark.parametrize(("metadata", "asset", "step"), RIGHT)
@pytest.mark.parametrize(
    "job", [None, "", "shop", "shop_", "shop_image", "shop_integrates", "blog_deploy", "x_shop_deploy"]
)
def test_no_other_job_records_anything(
    metadata: Any, asset: str, step: str, job: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert list(facts_in(event(metadata, asset, step), job)) == []
    assert "no step of the app's own jobs wrote it" in caplog.text


@pytest.mark.parametrize(("metadata", "asset", "step"), RIGHT)
def test_no_other_asset_or_step_does(metadata: Any, asset: str, step: str) -> None:
    for other in ("blog_image", "shop", "shop_demo", f"{asset}/x", f"x/{asset}"):
        assert list(facts_in(event(metadata, other, step), "shop_deploy")) == []
    for other_step in (None, "", "shop_lint", f"{step}s", f"{step}.x", "shop_image.shop_test"):
        assert list(facts_in(event(metadata, asset, other_step), "shop_deploy")) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = list(Deployment.model_fields)


@given(st.sampled_from(["image", "checked", "rehearsal", "deployment", "quarantine", "maintenance"]), json_values)
def test_no_json_stops_a_reader(key: str, junk: Any) -> None:
    metadata = {key: dg.MetadataValue.json(junk if isinstance(junk, dict | list) else [junk])}
    entry = event(metadata, "shop_production", "shop_production.shop_production_record")
    assert list(facts_in(entry, "shop_deploy")) == []
    assert list(said_in(event(metadata, "shop_production", None, run=""))) == []


@given(st.sampled_from(FIELDS), json_values)
def test_a_record_with_one_field_of_nonsense_is_read_or_passed_over(name: str, junk: Any) -> None:
    record = {**DEPLOYMENT.model_dump(mode="json"), name: junk}
    entry = event(
        {"deployment": dg.MetadataValue.json(record)}, "shop_production", "shop_production.shop_production_record"
    )
    assert len(list(facts_in(entry, "shop_deploy"))) <= 1


def test_a_warning_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        list(facts_in(event({"image": dg.MetadataValue.json({})}, "shop_image", "shop_push"), "shop_integrate"))
    assert caplog.text.count("the image of") == 1
    assert "under shop_image, run run, is passed over: it cannot be read" in caplog.text


def test_an_end_says_nothing_but_that_it_failed() -> None:
    end = given_up(DEPLOYMENT, "the server is gone", 1.0)
    assert is_end_of(end, DEPLOYMENT)
    assert not is_end_of(end, None)
    assert not is_end_of(end, DEPLOYMENT.model_copy(update={"outcome": Outcome.SUCCEEDED}))
    evil = RELEASE.model_copy(update={"repository": "evil.example/x"})
    for name, value in (
        ("outcome", Outcome.SUCCEEDED), ("needs_person", False), ("release", evil), ("previous", evil), ("id", "2"),
        ("failed_after_change", True), ("kind", DeploymentKind.ROLLBACK), ("environment", "demo"), ("run", "other"),
    ):  # fmt: skip
        assert not is_end_of(end.model_copy(update={name: value}), DEPLOYMENT), name
