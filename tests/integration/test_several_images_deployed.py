"""Several images on a real server: one release is all of them, whatever fails or is killed between two."""

from collections.abc import Iterator

import pytest

from pipeline_defs.release.records import Outcome, Release
from tests.support.fleet import failing
from tests.support.several_images import Interrupted, SeveralImages, forget, interrupted_at, killed_at_each_moment
from tests.testbed.bed import TestBed


@pytest.fixture(scope="module")
def app(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeveralImages]:
    made = SeveralImages(testbed, testbed.servers[:1], tmp_path_factory.mktemp("several"))
    made.wipe()
    yield made
    made.wipe()


@pytest.fixture(scope="module")
def old(app: SeveralImages) -> Release:
    return app.release("1.0.0")


@pytest.fixture(scope="module")
def new(app: SeveralImages) -> Release:
    return app.release("1.1.0")


def test_all_images_of_a_release_come_and_go_back_together(app: SeveralImages, old: Release, new: Release) -> None:
    assert app.deploy(old).error is None
    assert app.runs(old)
    forget(app, new)
    with pytest.raises(Interrupted):
        app.deploy(new, interrupted_at("pull of the second image"))
    assert app.runs(old), "killed between two pulls"
    assert app.rollback().error is None and app.runs(old)
    report = app.deploy(new, failing("healthy", 0))
    assert (report.outcome, report.changed) == (Outcome.FAILED, True)
    assert app.rollback().error is None and app.runs(old)
    assert app.deploy(new).error is None and app.runs(new)
    again = app.release("1.2.0", worker="1.1.0")
    assert again.images[1] == new.images[1] and again.digest != new.digest
    assert [each.name for each in app.built].count("worker") == 2 and app.rebuilt == 0
    assert app.deploy(again).error is None and app.runs(again)
    kept = app.there()
    assert {each.digest for each in (*new.images, *again.images)} <= kept, "what runs, and what ran before"
    assert not kept & {each.digest for each in old.images}, "no release that is kept has any of them"
    assert app.rollback(old).error is None and app.runs(old), "a set that the server had no more"


def test_a_service_that_names_none_of_the_images_is_refused_before_anything_is_changed(
    app: SeveralImages, old: Release, new: Release
) -> None:
    if not app.runs(old):
        assert app.deploy(old).error is None
    written = app.compose
    app.compose = written.replace("${IMAGE_WORKER:?}", f"{new.repository}-worker:1.1.0")
    try:
        report = app.deploy(new)
    finally:
        app.compose = written
    assert not report.changed and app.runs(old)
    assert "the service worker runs" in str(report.error) and "${IMAGE_WEB}, ${IMAGE_WORKER}" in str(report.error)


@pytest.mark.thorough
@pytest.mark.timeout(1200)
def test_no_moment_at_which_a_deployment_is_killed_leaves_a_mixed_set(
    app: SeveralImages, old: Release, new: Release
) -> None:
    if not app.runs(old):
        assert app.deploy(old).error is None
    moments, mixed = killed_at_each_moment(app, old, new, every=3)
    assert mixed == [] and moments >= 10
