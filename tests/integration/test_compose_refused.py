"""Compose files that cannot run, on a real server: refused in one sentence before anything is changed."""

from dataclasses import replace

import pytest

from pipeline_defs.config.testing import E2E
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.strategies.deploy_procedure import deploy
from tests.integration.procedures import production
from tests.support.shop import Shop

RELEASE = Release(
    app="shop",
    version="1.0.0",
    repository="127.0.0.1:9/shop",
    digest=f"sha256:{'0' * 64}",
    commit="c" * 40,
    configuration="",
)
"""Nobody has its image: what is refused in time never asks for it."""

COMPOSE = """
services:
  web:
    image: shop
    environment: ["TOKEN=${API_TOKEN}", DEBUG]
    ports: ["22:8000"]
    networks: [default, edge]
  db: {image: "postgres:15"}
  worker: {image: shop, profiles: [jobs]}
  mail: {image: shop, scale: 2}
networks: {edge: {external: true}}
"""


def attempt(shop: Shop, environment: str = "production", compose: str = "") -> Task:
    """A task for the release, with this compose file instead of the sample's."""
    files = {f"{environment}.yml": compose} if compose else None
    return replace(shop.task(environment, None, files=files), release=RELEASE)


def made(server: Connection) -> str:
    """What Compose has made on the server."""
    look = "docker ps -aq; docker volume ls -q; docker network ls --format '{{.Name}}' | grep -vxE 'bridge|host|none'"
    return server.run(script(f"{look} || :"), timeout=30).stdout


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_made(shop: Shop, server: Connection) -> None:
    before = made(server)
    app = shop.changed("production", also=("worker",))
    report = deploy(attempt(app, compose=COMPOSE), server)
    assert report.outcome is Outcome.FAILED and not report.changed
    assert report.error is not None
    assert [step.step for step in report.steps] == ["snapshot", "files", "compose file"]
    for sentence in (
        "the variable API_TOKEN is not set (used by web)",
        "takes the variable DEBUG from outside",
        "publishes the port 22, on which another program of the server listens",
        "the external network edge is not on the server",
        "the service worker is in the profile jobs",
        "the service mail runs the app's image and is not named",
    ):
        assert sentence in report.error
    assert made(server) == before


@pytest.mark.parametrize(
    ("compose", "sentence"),
    [
        (
            "services: {web: {image: shop, env_file: .env}, db: {image: 'postgres:15'}}",
            "production.yml: the service web reads the env_file .env, which is not in the release",
        ),
        (
            "services: {web: {image: shop, environment: {KEY: '${KEY:?is needed}'}}, db: {image: 'postgres:15'}}",
            "production.yml: the variable KEY has no value (is needed); set it under environment or secrets of production",
        ),
        ("include: [common.yml]\nservices: {web: {image: shop}}", "it reads common.yml, which is not in the release"),
        ("services: {web: {imag: shop}}", "imag"),
    ],
)  # fmt: skip
def test_what_compose_itself_refuses_is_said_with_what_to_do(
    compose: str, sentence: str, shop: Shop, server: Connection
) -> None:
    report = deploy(attempt(shop, compose=compose), server)
    assert report.error is not None and sentence in report.error
    assert not report.changed


def test_an_image_that_nobody_has_is_found_before_anything_is_changed(shop: Shop, server: Connection) -> None:
    for keys, compose in (
        ({"e2e": (E2E(collection="postman/shop.postman_collection.json", image="127.0.0.1:9/no-such:1"),)}, ""),
        ({}, "services: {web: {image: shop}, db: {image: 'postgres:15'}, cache: {image: '127.0.0.1:9/no-such:1'}}"),
    ):
        app = shop.changed("production", **keys)
        report = deploy(attempt(app, compose=compose), server)
        assert report.error is not None
        assert "step images: the image 127.0.0.1:9/no-such:1 is not on the server and cannot be pulled" in report.error
        assert [step.step for step in report.steps][-1] == "images"


def test_a_rehearsal_is_refused_for_the_same(shop: Shop, server: Connection) -> None:
    task = attempt(shop, "staging", COMPOSE.replace('ports: ["22:8000"]', ""))
    report = rehearse(task, server, production(shop))
    assert report.error is not None
    assert "step compose file: staging.yml: (1)" in report.error
    assert "the variable API_TOKEN is not set" in report.error
