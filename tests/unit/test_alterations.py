"""Alterations: what a release changes besides the app's image is told, and what only lies in another folder is not."""

from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import Container, Snapshot
from pipeline_defs.server.state.alterations import alterations, as_it_runs
from pipeline_defs.server.state.described_services import DescribedServices
from tests.unit.sample import example

SITE = Site.of(example(), "production")
OLD, NEW = "/opt/shop/releases/1", "/opt/shop/releases/2"
BEFORE = """
services:
  web: {image: "shop@sha256:a", labels: {release: "1"}, environment: {APP_VERSION: "1", MODE: live}, command: [serve]}
  db: {image: "postgres:15", environment: {PASSWORD: masked}, volumes: ["data:/data"]}
  proxy: {image: nginx, volumes: ["/opt/shop/releases/1/nginx.conf:/etc/nginx.conf"]}
volumes: {data: {}}
networks: {back: {}}
"""
AFTER = BEFORE.replace("releases/1", "releases/2").replace("sha256:a", "sha256:b").replace('"1"', '"2"')


def described(text: str, folder: str) -> DescribedServices:
    return DescribedServices(read_model(text, "shop-production"), folder)


def told(after: str) -> list[str]:
    return list(alterations(SITE, described(BEFORE, OLD), described(after, NEW)))


def test_another_image_version_and_folder_are_nothing_to_tell() -> None:
    assert told(AFTER) == []
    assert alterations(SITE, None, described(AFTER, NEW)) == ()


def test_values_are_told_of_images_alone() -> None:
    after = AFTER.replace("postgres:15", "postgres:16").replace("PASSWORD: masked", "PASSWORD: other")
    assert told(after) == ["the service db changes: image postgres:15 -> postgres:16, environment"]
    assert told(AFTER.replace("MODE: live", "MODE: dry").replace("[serve]", "[work]")) == [
        "the service web changes: command, environment"
    ]


def test_what_comes_and_goes_is_told() -> None:
    after = AFTER.replace("  proxy:", "  cache: {image: redis}\n  gate:").replace("{data: {}}", "{kept: {}}")
    assert told(after.replace("{back: {}}", "{back: {name: other}}")) == [
        "the service cache is new",
        "the service gate is new",
        "the service proxy is gone",
        "the volume kept is new",
        "the volume data is gone",
        "the network back is another one",
    ]


def test_a_preview_knows_what_would_stay_as_it_runs() -> None:
    seen = Snapshot(
        tuple(Container(name, name, "i", "running", "0", name, f"hash-{name}") for name in ("web", "db", "proxy"))
    )
    after = described(AFTER.replace("postgres:15", "postgres:16"), NEW)
    assert as_it_runs(SITE, described(BEFORE, OLD), after, seen).hashes == {"web": "hash-web", "proxy": "hash-proxy"}
    assert as_it_runs(SITE, None, after, seen).hashes == {}
