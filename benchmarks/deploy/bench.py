"""`make bench-deploy`: how long a deployment takes, beside the script that teams write by hand, on one server and under load.

The last line of standard output is one JSON object with all figures; seconds are medians.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.deploy.compare import ROUNDS, Compared, compare
from benchmarks.parts import Tell, clean_up_on_sigterm, tell, temporary_bed, temporary_home
from pipeline_defs.config.watch import OFF
from tests.support.routed_shop import Routed, remove_router, routed
from tests.support.shop import Shop, load


def main() -> int:
    """Exit status 0 when all could be measured, whatever came out."""
    clean_up_on_sigterm()
    with place() as app:
        bare, full = (measure(app, tell, full=full) for full in (False, True))
    print(json.dumps(_figures(bare, full)), flush=True)
    return 0


@contextmanager
def place() -> Iterator[Routed]:
    """The sample app behind a router, on a server of a test bed of its own."""
    with temporary_home("deploy") as home, temporary_bed("deploy") as bed:
        # To watch a release is to wait, and no script does it.
        yield routed(Shop(bed, load(bed), Path(home)), Path(home)).changed(watch=OFF)


def measure(app: Routed, tell: Tell, *, full: bool, rounds: int = ROUNDS) -> Compared:
    """Compare deployments with the script: with backup, migration and tests on both sides, or bare."""
    first, second = app.shop.release("1.0.0"), app.shop.release("1.1.0")
    wanted = app if full else app.bare().changed(database=None, migrate=None)
    with app.shop.server() as server:
        try:
            return compare(wanted, server, first, second, tell, full=full, rounds=rounds)
        finally:
            remove_router(server)


def _figures(bare: Compared, full: Compared) -> dict[str, float]:
    asked = [*bare.asked, *full.asked]
    return {
        "deploy_s": _median(bare.deploy),
        "rollback_switch_s": _median(bare.switch),
        "rollback_s": _median(bare.rollback),
        "script_s": _median(bare.script),
        "script_failed_requests": sum(len(each.failed) for each in bare.asked_script),
        "deploy_over_script": _median(bare.over_script),
        "full_deploy_s": _median(full.deploy),
        "full_script_s": _median(full.script),
        "full_deploy_over_script": _median(full.over_script),
        "failed_requests": sum(len(each.failed) for each in asked),
        "longest_gap_s": round(max(each.longest_gap for each in asked), 3),
        "round_trips": max(bare.trips),
    }


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    sys.exit(main())
