"""Row: one deployment after the other while people ask: none of their requests fails."""

from benchmarks.deploy.asking import asking
from benchmarks.deploy.figures import Figures
from benchmarks.deploy.ground import Ground
from benchmarks.parts import Failed, Tell
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback

TIMES = 100
_TELL_EVERY = 10


def measure(ground: Ground, tell: Tell, times: int = TIMES) -> Figures:
    """Deploy the second release and go back to the first, in turn; each is seen from outside before the next one begins."""
    app, server = ground.app, ground.server
    with asking(app.url) as asked:
        for number in range(times):
            forth = number % 2 == 0
            release = ground.second if forth else ground.first
            task = app.task(release, run=f"row-{number}")
            report = deploy(task, server) if forth else rollback(task, server)
            if report.error or app.version != release.version:
                raise Failed(f"deployment {number + 1}, of {release.version}: {report.error or app.version}")
            if (number + 1) % _TELL_EVERY == 0:
                tell(f"{number + 1} of {times} deployments")
    for failure in asked.failed:
        tell(f"a request failed, {failure}")
    return {
        "deployments": times,
        "requests": len(asked.good) + len(asked.failed),
        "failed_requests": len(asked.failed),
        "longest_gap_s": round(asked.longest_gap, 3),
    }
