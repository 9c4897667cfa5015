"""Releases made for the purpose: a rehearsal on a real server catches each, says what is wrong, and leaves nothing behind."""

from collections.abc import Iterator

import pytest
from _pytest.mark.structures import ParameterSet

from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from tests.integration.procedures import deploy_anew, production
from tests.support.bad_releases import BAD_RELEASES, TOO_LARGE, BadRelease, fill, problems, small_server
from tests.support.shop import Shop


@pytest.fixture(scope="module")
def server(sample: Shop, first: Release) -> Iterator[Connection]:
    """The server, with a first release in production that has customers."""
    with sample.server() as connection:
        deploy_anew(sample, first, connection)
        fill(production(sample), connection)
        yield connection


EXAMPLES = {
    "a migration that fails on real data",
    "a compose file that names production's volume",
    "an image for another platform",
}
"""One of each kind: a step that fails, what a rehearsal would share, what the server cannot run."""


def cases() -> list[ParameterSet]:
    """All of them; what is no example is thorough."""
    others = (pytest.mark.thorough,)
    return [
        pytest.param(bad, id=bad.what.replace(" ", "-"), marks=() if bad.what in EXAMPLES else others)
        for bad in BAD_RELEASES
    ]


@pytest.mark.parametrize("bad", cases())
def test_it_is_caught_with_the_right_sentence_and_nothing_is_left_or_touched(
    bad: BadRelease, sample: Shop, server: Connection
) -> None:
    assert problems(bad, sample, server) == []


@pytest.mark.thorough
def test_too_little_room_is_told_with_the_numbers(sample: Shop) -> None:
    with small_server(sample) as (shop, server):
        assert problems(TOO_LARGE, shop, server) == []
