"""Several images of one release: what an app's file may say, and what of it reaches a server."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_defs.config import App, ConfigError, Secret, load_app
from pipeline_defs.lineage.events import image_key, part_key
from pipeline_defs.orchestration.assets import assets_of
from pipeline_defs.orchestration.image_assets import image_specs
from pipeline_defs.release.admission_rules import untrusted
from pipeline_defs.release.drift_finding import Seen, drift
from pipeline_defs.release.history import Row
from pipeline_defs.release.image_set import ReleasedImage
from pipeline_defs.release.provenance import provenance
from pipeline_defs.release.records import Image, Release
from pipeline_defs.release.trace import trace
from pipeline_defs.server.compose.bundle import OVERRIDE, SETTINGS, configuration_hash, install
from pipeline_defs.server.compose.rendered_compose import read_rendered
from pipeline_defs.server.compose_rules import problems
from pipeline_defs.server.core.site import Site

SHOP = "registry.example.org/team/shop"
PLACE = {"hosts": "root@a.example.org", "directory": "/opt/shop/production", "compose": "production.yml"}
FILE: dict[str, Any] = {
    "repository": "team/shop",
    "image": SHOP,
    "build": {"timeout": 60, "arguments": {"MODE": "live"}},
    "images": {"web": None, "night_jobs": {"dockerfile": "jobs/Dockerfile", "timeout": 90}},
    "environments": {"production": {**PLACE, "service": "web", "also": ["jobs"]}},
}
WEB, JOBS = (
    ReleasedImage(name=name, repository=f"{SHOP}-{end}", digest=f"sha256:{digit * 64}", built_from=digit * 40)
    for name, end, digit in (("web", "web", "1"), ("night_jobs", "night-jobs", "2"))
)
RELEASE = Release(
    app="shop", version="1.0.0", repository=SHOP, digest=f"sha256:{'9' * 64}", commit="c" * 40, images=(WEB, JOBS)
)


def load(folder: Path, **changes: Any) -> App:
    (folder / "shop.yaml").write_text(yaml.safe_dump({**FILE, **changes}, sort_keys=False))
    return load_app(folder / "shop.yaml")


def mistakes(folder: Path, **changes: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, **changes)
    return [str(problem) for problem in caught.value.problems]


def test_each_image_has_a_name_in_the_registry_and_what_build_says_for_all(tmp_path: Path) -> None:
    web, jobs = load(tmp_path).builds
    assert (web.name, web.repository, web.build.dockerfile, web.build.timeout) == (
        "web",
        f"{SHOP}-web",
        "Dockerfile",
        60,
    )
    assert (jobs.repository, jobs.build.dockerfile, jobs.build.timeout) == (f"{SHOP}-night-jobs", "jobs/Dockerfile", 90)
    assert jobs.build.arguments == {"MODE": "live"}
    assert load(tmp_path).repositories == (SHOP, f"{SHOP}-web", f"{SHOP}-night-jobs")


def test_the_short_form_has_one_image_as_before(tmp_path: Path) -> None:
    app = load(tmp_path, images={})
    [only] = app.builds
    assert (only.name, only.repository, only.build, app.repositories) == ("", SHOP, app.build, (SHOP,))
    assert image_specs(app) == []


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"images": {"web": {"image": SHOP}}}, "images.web.image", "another name in the registry than that of image"),
        ({"images": {"a_b": {}, "a": {"image": f"{SHOP}-a-b"}}}, "images.a.image", "than that of images.a_b"),
        ({"images": {"web": {"image": "ghcr.io/team/web"}}}, "images.web.image", "a name in the registry of `image`"),
        (
            {"images": {"web": {"platforms": ["linux/arm64"]}, "jobs": {}}},
            "images.jobs.platforms",
            "the platforms of web: a server runs all images of a release",
        ),
        ({"images": {"web": {"docker": "x"}}}, "images.web.docker", "is not a known key"),
        ({"images": {"Web": {}}}, "images.Web", "at most 40 lower-case letters"),
        (
            {"environments": {"production": {**PLACE, "environment": {"IMAGE_WEB": "x"}}}},
            "environments.production.environment.IMAGE_WEB",
            "another name: this is the image web, which Shipline sets",
        ),
        (
            {"environments": {"production": {**PLACE, "secrets": {"IMAGE_WEB": {"env": "X"}}}}},
            "environments.production.secrets.IMAGE_WEB",
            "another name: this is the image web",
        ),
        ({"test": {"environment": {"IMAGE_WEB": "x"}}}, "test.environment.IMAGE_WEB", "another name"),
        (
            {"environments": {"image_web": PLACE}},
            "environments.image_web",
            "another name: the image web is image_web in the lineage",
        ),
        (
            {"images": {"web": {"platforms": ["linux/arm64"], "builders": [{"address": "b", "platforms": ["linux/amd64"]}]}}},
            "images.web.builders",
            "a builder for linux/arm64",
        ),
    ],
)  # fmt: skip
def test_images_that_cannot_be_one_release_are_refused(
    tmp_path: Path, changes: dict[str, Any], where: str, says: str
) -> None:
    found = mistakes(tmp_path, **changes)
    assert any(each.startswith(where) and says in each for each in found), found


def members(stdin: object) -> dict[str, str]:
    assert isinstance(stdin, bytes)
    with tarfile.open(fileobj=io.BytesIO(stdin)) as archive:
        return {each.name: (archive.extractfile(each) or io.BytesIO()).read().decode() for each in archive.getmembers()}


def test_a_server_gets_all_digests_of_a_set_in_one_file(tmp_path: Path) -> None:
    site = Site.of(load(tmp_path), "production")
    files = {"production.yml": b"services: {}\n"}
    put = members(install(site, RELEASE, files, {"KEY": Secret("s")}).stdin)
    assert f"IMAGE_WEB={WEB.reference}\n" in put[SETTINGS]
    assert f"IMAGE_NIGHT_JOBS={JOBS.reference}\n" in put[SETTINGS]
    services = json.loads(put[OVERRIDE])["services"]
    assert services.keys() == {"web", "jobs"}
    for service in services.values():
        assert "image" not in service and service["labels"]["shipline.digest"] == RELEASE.digest
        assert not any(name.startswith("IMAGE_") for name in service["environment"])
    other = RELEASE.model_copy(update={"images": (WEB, JOBS.model_copy(update={"digest": f"sha256:{'3' * 64}"}))})
    assert configuration_hash(site, files, {}) == configuration_hash(site, files, {}), "digests are no configuration"
    assert members(install(site, other, files, {}).stdin)[OVERRIDE] != "", "only the variables differ"


def refused(app: App, **services: dict[str, Any]) -> list[str]:
    site = Site.of(app, "production")
    look = read_rendered(yaml.safe_dump({"services": services}), site, {})
    return problems(look, site, SHOP, several=RELEASE.images).refusals


def test_each_service_of_the_app_names_one_of_the_images(tmp_path: Path) -> None:
    app = load(tmp_path)
    web, jobs = {"image": WEB.reference}, {"image": JOBS.reference}
    assert refused(app, web=web, jobs=jobs, cache={"image": "redis:7"}) == []
    assert refused(app, web=jobs, jobs=jobs) == [], "which one is the compose file's to say"
    [told] = refused(app, web=web, jobs={"image": f"{SHOP}-night-jobs:latest"})
    assert told.startswith(
        f"the service jobs runs {SHOP}-night-jobs:latest, and the app has several images; write image: with one"
    )
    assert "${IMAGE_WEB}, ${IMAGE_NIGHT_JOBS}" in told
    [told] = refused(app, web=web, jobs={"build": "jobs"})
    assert told.startswith("the service jobs does not name its image")
    for image in (JOBS.reference, f"{SHOP}-night-jobs:1"):
        [told] = refused(app, web=web, jobs=jobs, other={"image": image})
        assert "the service other runs the app's image and is not named in the app's file" in told


def test_drift_is_another_image_than_any_of_the_set() -> None:
    def said(image: str) -> tuple[str, ...]:
        seen = Seen(host="a", current=RELEASE, image=image)
        return drift(RELEASE.version, RELEASE.digest, [seen], "2026-05-04T12:00:00+00:00").said

    assert said(WEB.reference) == said(JOBS.reference) == ()
    assert said(f"{SHOP}-web@sha256:{'7' * 64}") != ()


def image(version: str, digit: str, *images: ReleasedImage) -> Image:
    digest = f"sha256:{digit * 64}"
    return Image(
        app="shop", repository=SHOP, digest=digest, version=version, commit=digit * 40, branch="main", tree="t" * 64,
        built_from=digit * 40, images=images, tags=(version,),
    )  # fmt: skip


def test_an_image_leads_to_all_releases_that_have_it_and_a_version_to_its_own_alone() -> None:
    newer = JOBS.model_copy(update={"digest": f"sha256:{'3' * 64}"})
    made = [image("1.1.0", "8", WEB, newer), image("1.0.0", "9", WEB, JOBS)]
    rows = [
        Row(
            id=each.version, at="2026-05-04T12:00:00+00:00", app="shop", environment="production", kind="deploy", run="r",
            outcome="succeeded", version=each.version, digest=each.digest, commit=each.commit, images=each.images,
        )
        for each in made
    ]  # fmt: skip

    def found(query: str) -> list[str]:
        result = trace(query, made, [], rows)
        assert [each.version for each in result.images] == [each.version for each in result.deployments]
        return [each.version for each in result.images]

    assert found(WEB.digest) == ["1.1.0", "1.0.0"]
    assert found(newer.digest[7:19]) == found("1.1.0") == ["1.1.0"]
    assert found(JOBS.digest) == ["1.0.0"]


def test_provenance_is_about_the_set_and_each_image() -> None:
    subjects = provenance(image("1.0.0", "9", WEB, JOBS), "https://git.example", "https://s.example", "1")["subject"]
    assert [each["name"] for each in subjects] == [SHOP, WEB.repository, JOBS.repository]
    assert subjects[2]["digest"] == {"sha256": "2" * 64}


def test_the_lineage_has_an_asset_for_each_image_and_environments_depend_on_all(tmp_path: Path) -> None:
    app = load(
        tmp_path,
        environments={
            **FILE["environments"],
            "staging": {"rehearses": "production", "directory": "/opt/shop/staging"},
        },
    )
    assert [spec.key for spec in image_specs(app)] == [part_key("shop", "web"), part_key("shop", "night_jobs")]
    needed = {image_key("shop"), part_key("shop", "web"), part_key("shop", "night_jobs")}
    *_, made, staging, production = assets_of(app, {"shop_image_web": "1.0.0 (111111111111) since then"})
    for asset in (staging, production):
        [spec] = asset.specs  # type: ignore[union-attr]
        assert needed <= {dep.asset_key for dep in spec.deps}
    assert made.key == image_key("shop")


def test_a_record_that_names_an_image_elsewhere_is_not_deployed(tmp_path: Path) -> None:
    app = load(tmp_path, images={"web": {}, "jobs": {"image": "registry.example.org/other/jobs"}})
    moved = WEB.model_copy(update={"name": "jobs", "repository": "registry.example.org/other/jobs"})
    gone = JOBS.model_copy(update={"name": "night_jobs"})
    for right in (WEB, moved, gone):
        made = RELEASE.model_copy(update={"images": (WEB, right)})
        assert untrusted(made, app.image, app.repositories) is None
    for wrong in (f"{SHOP}-evil", "registry.example.org/other/web", "elsewhere.example.org/team/shop-web"):
        made = RELEASE.model_copy(update={"images": (WEB, JOBS.model_copy(update={"repository": wrong}))})
        assert f"names the image {wrong}" in str(untrusted(made, app.image, app.repositories))
