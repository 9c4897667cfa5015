"""Records: those that no step of the app's own jobs wrote, and whether any of them is believed."""

import logging
import tempfile
from pathlib import Path

import dagster as dg

from benchmarks.parts import tell
from pipeline_defs.lineage.store import Lineage
from tests.support.forged_records import WAYS, all_of, app_of, deployment, forge, image
from tests.support.recorded import record


def measure() -> dict[str, int | float]:
    """Ways of forging after which anything else is known than before; how many forgeries there were is told."""
    written, believed = 0, list[str]()
    logging.getLogger("pipeline_defs").setLevel(logging.ERROR)  # each forgery is warned of
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        app = app_of(Path(folder))
        record(instance, image())
        record(instance, deployment())
        before = all_of(Lineage(instance), app)
        for way, given in WAYS.items():
            written += forge(instance, given)
            if all_of(Lineage(instance), app) != before:
                believed.append(way)
    tell(f"{written} records were forged; believed: {believed or 'none'}")
    return {"forged_records_believed": len(believed)}
