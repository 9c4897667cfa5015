"""Standing: how an environment stands now, as the lineage tells it."""

from dataclasses import dataclass

from pipeline_defs.release.drift import Drift
from pipeline_defs.release.history import Row
from pipeline_defs.release.maintenance import Maintenance
from pipeline_defs.release.quarantine import Quarantined


@dataclass(frozen=True)
class Standing:
    """How one environment stands: the rows that tell it, newest first, what is quarantined and not overtaken, a person's word on
    its maintenance, and what the newest look at its servers found."""

    rows: list[Row]
    quarantined: list[Quarantined]
    maintenance: Maintenance | None
    drift: Drift | None
