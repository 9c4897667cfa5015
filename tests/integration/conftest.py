"""Fixtures of the integration tests."""

from pathlib import Path

import pytest

from tests import shop
from tests.testbed.bed import TestBed


@pytest.fixture(scope="session")
def sample(testbed: TestBed, tmp_path_factory: pytest.TempPathFactory) -> shop.Shop:
    """The sample app on the session's bed."""
    folder: Path = tmp_path_factory.mktemp("shop")
    return shop.Shop(testbed, shop.load(testbed), folder)
