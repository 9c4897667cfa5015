"""Labels: what a container has of its image says nothing about whose it is."""

import shlex
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.server.compose.compose_commands import NOBODYS
from tests.testbed import docker
from tests.testbed.checkout import ID


@pytest.fixture
def image(engine: None, tmp_path: Path) -> Iterator[str]:
    """An image that calls itself the app shop's."""
    name = f"shipline-test-{uuid.uuid4().hex[:12]}"
    labels = f'shipline.checkout={ID} com.docker.compose.project=shop-production shipline.app=shop com.docker.compose.service="web"'
    (tmp_path / "Dockerfile").write_text(f'FROM scratch\nLABEL {labels}\nCOPY Dockerfile /\nCMD ["/none"]\n')
    docker.docker("build", "--quiet", "--tag", name, str(tmp_path))
    yield name
    docker.docker("rmi", "--force", name)


def test_a_container_that_shipline_starts_has_no_label_of_its_image_that_means_something(image: str) -> None:
    asked = [f"label={name}" for name in ("com.docker.compose.project=shop-production", "shipline.app=shop")]
    plain, ours = docker.docker("create", image).strip(), docker.docker("create", *shlex.split(NOBODYS), image).strip()
    try:
        for each in asked:
            found = docker.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", each).split()
            assert (plain in found, ours in found) == (True, False)
    finally:
        docker.docker("rm", plain, ours)
