"""Order: what people number in a staging script they wrote by hand is found in the journal of one rehearsal, in its order."""

from benchmarks.parts import Failed, Tell
from benchmarks.rehearsal.figures import Figures
from benchmarks.rehearsal.ground import Ground
from pipeline_defs.server.core.command import script
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from tests.integration.procedures import done
from tests.support.bad_files import good

NUMBERED = {
    "time stamp": "time stamp",
    "log": "log",
    "database status": "database status",
    "database start": "database start",
    "backup": "backup",
    "down": "down",
    "pull": "pull",
    "volume removed": "volume removed",
    "volume created": "volume created",
    "database up": "database up",
    "wait": "wait",
    "restore": "restore",
    "rest up": "rest up",
    "migrate": "migrate",
    "tests": "test",
    "e2e": "e2e",
    "down again": "down",
}
"""The steps of such a script, and what each is called in the journal."""

_STOP = 'docker stop "$(docker ps -q -f label=com.docker.compose.project=$1 -f label=com.docker.compose.service=db)"'


def measure(ground: Ground, tell: Tell) -> Figures:
    """Rehearse with production's database stopped, so that it has to be started, and look the steps up in the journal."""
    stopped = ground.server.run(script(_STOP, ground.production.project), timeout=60)
    if not stopped.ok:
        raise Failed(f"production's database could not be stopped: {stopped.tail(1)}")
    task = ground.shop.task("staging", good(ground.shop))
    report = rehearse(task, ground.server, ground.production)
    if report.error:
        raise Failed(report.error)
    journal = done(ground.server, task.site, task.id)
    tell(f"the journal: {', '.join(journal)}")
    missing = not_in_order(list(NUMBERED.values()), journal)
    tell(f"missing, or out of order: {', '.join(missing) or 'none'}, of {len(NUMBERED)}")
    return {"steps_in_order": not missing}


def not_in_order(wanted: list[str], found: list[str]) -> list[str]:
    """What is wanted and does not come in `found` after all that is wanted before it."""
    missing = []
    rest = iter(found)
    for name in wanted:
        kept = list(rest)
        if name in kept:
            rest = iter(kept[kept.index(name) + 1 :])
        else:
            missing.append(name)
            rest = iter(kept)
    return missing
