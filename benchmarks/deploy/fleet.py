"""Fleet: the second of two hosts fails at each step in turn, and the process is killed at each; no two releases may run afterwards."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.support.fleet import Fleet, fails_on_the_second
from tests.support.fleet_killer import killed_on_the_second
from tests.testbed.bed import TestBed


def measure(bed: TestBed, tell: Callable[[str], None]) -> dict[str, int]:
    """The figures `fail_points`, `kill_points`, and `mixed_fleets`: after how many of all these points the fleet was mixed."""
    with bed.extra_server("second") as second, tempfile.TemporaryDirectory(prefix="shipline-fleet-") as folder:
        fleet = Fleet(bed, (bed.servers[0], second), Path(folder))
        fleet.wipe()
        old, new = fleet.release("1.0.0"), fleet.release("1.1.0")
        try:
            report = fleet.deploy(old)
            if report.error:
                raise RuntimeError(report.error)
            failed = fails_on_the_second(fleet, old, new)
            tell(
                f"{failed['fail_points']} failures on the second host, {failed['mixed_fleets']} mixed fleets {failed['mixed'] or ''}"
            )
            killed = killed_on_the_second(fleet, old, new)
            tell(f"{killed['kill_points']} kills, {killed['mixed_fleets']} mixed fleets {killed['mixed'] or ''}")
        finally:
            fleet.wipe()
    return {
        "fail_points": failed["fail_points"],
        "kill_points": killed["kill_points"],
        "mixed_fleets": failed["mixed_fleets"] + killed["mixed_fleets"],
    }
