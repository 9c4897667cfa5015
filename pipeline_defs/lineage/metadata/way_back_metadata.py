"""Way back metadata: the verdict of a rehearsal as Dagster shows it, beside the rehearsal and beside the deployment it was made for."""

import dagster as dg

from pipeline_defs.lineage.metadata.tables import Metadata, pairs
from pipeline_defs.release.evidence import WayBack


def way_back(found: WayBack | None) -> Metadata:
    """The entry for the verdict, if there is one."""
    return {"way back": dg.MetadataValue.md(way_back_table(found))} if found else {}


def way_back_table(found: WayBack) -> str:
    """The verdict and what it rests on."""
    return pairs(
        {
            "verdict": f"**{found.verdict}**",
            "to version": found.version,
            "digest": found.digest,
            "at revision": found.revision or "",
            "reason": found.reason,
        }
    )
