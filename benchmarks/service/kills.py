"""Kills: each component is killed in turn, at a bad moment of a change that is on its way from a webhook to the server."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.parts import Failed, Tell
from benchmarks.service.figures import Figures
from benchmarks.service.ground import APP, Ground, run_of
from pipeline_defs.release.history import INTERRUPTED
from tests.support.service_page import OVER
from tests.testbed import docker
from tests.testbed.waiting import holds_within

RECOVERY_SECONDS = 180
"""Given up after so long; what is claimed is a minute."""

END_SECONDS = 300


@dataclass(frozen=True)
class Kill:
    """One component's end.

    Attributes:
        component: the service in compose.yaml, or `run` for the run's own container.
        moment: returns when it is the bad moment; it is given ground, commit and version.
        survives: the change is deployed all the same. Otherwise its run may fail, and says so.
    """

    component: str
    moment: Callable[[Ground, str, str], None]
    survives: bool = True


def _delivered(ground: Ground, commit: str, version: str) -> None:
    """The receiver has said that it keeps the delivery, and nothing more was done."""


def _begun(ground: Ground, commit: str, version: str) -> None:
    """The run's container works."""
    run = run_of(commit)
    _until(lambda: ground.service.runs().get(run) in ("STARTED", *OVER), f"the run {run} does not begin")


def _deploying(ground: Ground, commit: str, version: str) -> None:
    """The server's containers are being changed."""
    server = ground.service.bed.servers[0]
    look = f'grep -ls releases/{version}- $(grep -ls \'"step":"start"\' /opt/blog/journal/*); true'
    _until(lambda: server.exec("sh", "-c", look).strip(), "the deployment does not come to its step start", every=0.02)


KILLS = (
    Kill("webhooks", _delivered),
    Kill("daemon", _delivered),
    Kill("code", _delivered),
    Kill("webserver", _begun),
    Kill("code", _begun),
    Kill("daemon", _deploying),
    Kill("database", _delivered),
    Kill("database", _deploying, survives=False),
    Kill("run", _begun, survives=False),
    Kill("run", _deploying, survives=False),
)


def measure(ground: Ground, tell: Tell) -> Figures:
    """Kill them, and account for each change afterwards."""
    slowest, lost = 0.0, 0
    commits: dict[str, str] = {}
    for kill in KILLS:
        commit, version = ground.push()
        commits[commit] = version
        if ground.deliver(commit) != 202:
            raise Failed("the receiver does not accept a delivery")
        kill.moment(ground, commit, version)
        seconds = _killed(ground, kill, commit)
        slowest = max(slowest, seconds)
        well, said = _accounted(ground, kill, commit, version)
        lost += not well
        tell(f"{kill.component} killed, {kill.moment.__name__.strip('_')}: all green after {seconds:.1f} s; {said}")
        ground.deliver(commit)  # GitHub delivers again what was not answered in time
    doubled = _doubled(ground, commits)
    return {"killed": len(KILLS), "lost": lost, "doubled": doubled, "slowest_recovery_s": round(slowest, 1)}


def _killed(ground: Ground, kill: Kill, commit: str) -> float:
    """Kill it; seconds until all is green again."""
    if kill.component == "run":
        container = ground.service.container_of(run_of(commit))["Id"]
    else:
        container = ground.service.containers()[kill.component]["Id"]
    began, at = time.monotonic(), time.time()
    docker.docker("kill", container)
    if not holds_within(RECOVERY_SECONDS, lambda: ground.listens() and ground.service.is_green(since=at)):
        raise Failed(f"the service is not green again {RECOVERY_SECONDS} s after {kill.component} was killed")
    return time.monotonic() - began


def _accounted(ground: Ground, kill: Kill, commit: str, version: str) -> tuple[bool, str]:
    """Whether it is known what became of the change, and what did: deployed, or failed with the old version running and said so."""
    run = run_of(commit)
    _until(lambda: ground.service.runs().get(run) in OVER, f"the run of {version} does not end")
    status = ground.service.runs()[run]
    if status == "SUCCESS":
        return _serves(ground, version), f"{version} is deployed"
    _until(lambda: _settled(ground), f"what the run of {version} had begun is not undone")
    (row,) = ground.service.shipline("status")
    return not kill.survives and row["version"] != version and _serves(
        ground, row["version"]
    ), f"{version} failed: {row['version']} runs"


def _settled(ground: Ground) -> bool:
    """No run goes on, and no deployment is without its end."""
    over = all(status in OVER for status in ground.service.runs().values())
    return over and all(row["outcome"] not in ("running", INTERRUPTED) for row in ground.history())


def _serves(ground: Ground, version: str) -> bool:
    """True when the server's container is the one that the history calls live, and of this version."""
    live = [row for row in ground.history() if row["live"]]
    label = "label=com.docker.compose.project=blog-production"
    image = (
        ground.service.bed.servers[0]
        .exec("docker", "ps", "--no-trunc", "--filter", label, "--format", "{{.Image}}")
        .strip()
    )
    return [row["version"] for row in live] == [version] and image.endswith(live[0]["digest"])


def _doubled(ground: Ground, commits: dict[str, str]) -> int:
    """Changes that were deployed more than once, or have more than one run of the job that answers them."""
    deployed = Counter(row["commit"] for row in ground.history() if row["kind"] == "deploy")
    answers = Counter(ground.service.heads(f"{APP}_deploy"))
    return sum(deployed[commit] > 1 or answers[commit] > 1 for commit in commits)


def _until(look: Callable[[], object], otherwise: str, every: float = 0.2) -> None:
    deadline = time.monotonic() + END_SECONDS
    while not look():
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise} (waited {END_SECONDS} s)")
        time.sleep(every)
