"""`make bench-deploy`: how long a deployment takes, beside the script that teams write by hand, on one server and under load.

The last line of standard output is one JSON object with all figures; seconds are medians.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.deploy.compare import Compared, compare
from benchmarks.parts import clean_up_on_sigterm, tell
from pipeline_defs.config.watch import OFF
from tests.support.routed_shop import remove_router, routed
from tests.support.shop import Shop, load
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def main() -> int:
    """Exit status 0 when all could be measured, whatever came out."""
    clean_up_on_sigterm()
    progress = Progress(tell)
    # Whatever reads the settings of this process's home finds none: a person's own Shipline lends nothing.
    with tempfile.TemporaryDirectory(prefix="shipline-deploy-") as home:
        os.environ["SHIPLINE_HOME"] = home
        remove_orphans("deploy-")
        with TestBed(f"deploy-{os.getpid()}", progress=progress) as bed:
            shop = Shop(bed, load(bed), Path(home))
            bare, full = _measured(shop, Path(home))
    print(json.dumps(_figures(bare, full)), flush=True)
    return 0


def _measured(shop: Shop, folder: Path) -> tuple[Compared, Compared]:
    first, second = shop.release("1.0.0"), shop.release("1.1.0")
    whole = routed(shop, folder).changed(watch=OFF)  # to watch is to wait: no script does it
    bare = whole.bare().changed(database=None, migrate=None)
    with shop.server() as server:
        try:
            return (
                compare(bare, server, first, second, tell, full=False),
                compare(whole, server, first, second, tell, full=True),
            )
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
        "deploy_over_script": bare.over_script,
        "full_deploy_s": _median(full.deploy),
        "full_script_s": _median(full.script),
        "full_deploy_over_script": full.over_script,
        "failed_requests": sum(len(each.failed) for each in asked),
        "longest_gap_s": round(max(each.longest_gap for each in asked), 3),
        "round_trips": max(bare.trips),
    }


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    sys.exit(main())
