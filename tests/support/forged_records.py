"""Records that no step of an app's own job wrote, in every way in which Dagster's storage takes them."""

from pathlib import Path
from typing import Any

import dagster as dg

from pipeline_defs.config import App, load_app
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal, Release
from tests.support.recorded import Fact, record

OWN, EVIL = "registry.example.org/team/shop", "evil.example/x"
A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64
APP = """
repository: team/shop
image: registry.example.org/team/shop
environments:
  staging: {hosts: a.example.org, directory: /opt/shop/staging, compose: staging.yml, rehearses: production,
            database: {name: shop, user: shop}}
  production: {hosts: a.example.org, directory: /opt/shop/production, compose: production.yml}
"""


def app_of(folder: Path) -> App:
    """The app whose records are forged."""
    (folder / "shop.yaml").write_text(APP)
    return load_app(folder / "shop.yaml")


def image(digest: str = A, version: str = "1.0.0", repository: str = OWN, app: str = "shop") -> Image:
    return Image(
        app=app, repository=repository, digest=digest, version=version, commit="1" * 40, branch="main", tree="t" * 64,
        built_from="1" * 40,
    )  # fmt: skip


def release(digest: str = A, version: str = "1.0.0", repository: str = OWN) -> Release:
    return Release(app="shop", version=version, repository=repository, digest=digest, commit="1" * 40)


def deployment(number: int = 1, of: Release | None = None, outcome: Outcome = Outcome.SUCCEEDED) -> Deployment:
    return Deployment(
        id=f"{number:04}", kind=DeploymentKind.DEPLOY, release=of or release(), environment="production", outcome=outcome,
        started="2026-05-04T12:00:00+00:00",
    )  # fmt: skip


def rehearsal() -> Rehearsal:
    return Rehearsal(
        id="0002", release=release(B, "2.0.0"), environment="staging", outcome=Outcome.SUCCEEDED,
        started="2026-05-04T12:00:00+00:00",
    )  # fmt: skip


def all_of(lineage: Lineage, app: App) -> tuple[list[Any], ...]:
    """All that the lineage believes."""
    rows = [lineage.newest(name, place) for name in ("shop", "blog") for place in ("staging", "production", "image")]
    found = [lineage.images(app), *rows, lineage.quarantine(app, "production"), lineage.apps()]
    return tuple(found)


FORGED: list[Fact] = [
    image(B, "2.0.0"),
    image(B, "2.0.0", EVIL),
    deployment(2, release(B, "2.0.0")),
    deployment(2, release(B, "2.0.0", EVIL)),
    deployment(1, release(B, "2.0.0")),
    deployment(2, release(B, "2.0.0"), Outcome.FAILED).model_copy(update={"failed_after_change": True}),
    rehearsal(),
]
WAYS: dict[str, dict[str, Any]] = {
    "without a run": {"run": ""},
    "without a run, with a step": {"run": "", "step": "shop_image.shop_push"},
    "a run of another app's job": {"job": "blog_deploy"},
    "a run of a job of nobody's": {"job": "evil"},
    "a job that begins as the app's": {"job": "shop"},
    "a step that records nothing": {"step": "shop_image.shop_lint"},
    "no step": {"step": ""},
    "another asset": {"asset": dg.AssetKey("blog_image")},
    "an asset with a longer key": {"asset": dg.AssetKey(["shop_image", "shop_production"])},
}


def forge(instance: dg.DagsterInstance, given: dict[str, Any]) -> int:
    """Write each forgery in one way; how many there were."""
    for forged in FORGED:
        for materialized in (True, False):
            record(instance, forged, materialized=materialized, **given)
    return 2 * len(FORGED)
