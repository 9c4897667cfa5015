"""Fixtures of the end-to-end tests: one running Shipline for all of them."""

import os
from collections.abc import Iterator

import pytest

from tests.e2e.pipeline import Pipeline
from tests.testbed.bed import TestBed
from tests.testbed.container import free_port


@pytest.fixture(scope="session")
def pipeline(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Shipline, up and looking at the shop's repository, on a bed of its own."""
    with TestBed(f"tests-e2e-{os.getpid()}", in_memory=True) as bed:
        made = Pipeline(bed, tmp_path_factory.mktemp("pipeline"))
        try:
            made.shipline.up(port=free_port())
            made.shipline.wait_for_first_look("shop", "branches")
            yield made
        finally:
            made.shipline.down()
