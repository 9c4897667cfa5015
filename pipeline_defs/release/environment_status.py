"""Environment status: how an environment stands now, as the lineage tells it."""

from dataclasses import dataclass

from pipeline_defs.release.drift_finding import Drift
from pipeline_defs.release.history import Row
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.quarantine import Quarantined


@dataclass(frozen=True)
class EnvironmentStatus:
    """How one environment stands: the rows that tell it, newest first, what is quarantined and not overtaken, a person's word on
    its maintenance, and what the newest look at its servers found."""

    rows: list[Row]
    quarantined: list[Quarantined]
    maintenance: Maintenance | None
    drift: Drift | None
