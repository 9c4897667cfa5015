"""Rehearsals killed by SIGKILL on a real server: production is what it was, and the next one passes."""

import pytest

from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from tests.integration.procedures import deploy_anew, production
from tests.support.bad_images import breaks_the_old_version
from tests.support.bad_releases import fill
from tests.support.killed_rehearsals import Kills
from tests.support.killer import Point
from tests.support.shop import Shop

pytestmark = pytest.mark.thorough


def test_a_killed_rehearsal_leaves_production_alone_and_is_made_good_by_the_next(
    sample: Shop, server: Connection, first: Release
) -> None:
    deploy_anew(sample, first, server)
    fill(production(sample), server)
    kills = Kills(sample, server, breaks_the_old_version(sample))
    for point in (Point("begin backup", after=0.2), Point("begin restore", after=0.3), Point("begin way back start")):
        kills.kill(point)
    kills.passes("the last kill")
    assert (kills.changed, kills.failed) == ({}, [])
