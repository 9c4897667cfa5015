"""Branches sensor: a branch of an app's repository that moved starts its job; any git host will do."""

import json
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current_config import NotLoaded, current
from pipeline_defs.github.source_resource import SourceResource
from pipeline_defs.lineage.job_names import job_name
from pipeline_defs.orchestration.jobs import AnyJob
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.sensor_tick import Found, by_name, tend
from pipeline_defs.orchestration.sensors.tick_order import SECONDS, Turns
from pipeline_defs.release.commit_filter import asks_to_skip, concerns
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import THEN
from pipeline_defs.resources.commit_range import Ancestry
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.local_refs import Stamp, is_local, refs_stamp
from pipeline_defs.resources.repository_url import url_of
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.runtime.automation.entries import BRANCHES

_LONGEST_PAUSE = 300.0
"""Seconds between two looks at a repository that does not answer."""

_MOST_REMOTE = 10
"""Repositories on other machines that one tick asks: each costs a process of git, and perhaps of ssh."""

_SURE = 300.0
"""Seconds after which git is asked although no file of a repository on this machine has changed."""

Heads = dict[str, str]


def branches_sensor(apps: Sequence[App], jobs: Mapping[str, AnyJob], source: SourceResource) -> dg.SensorDefinition:
    """The sensor `branches`. An app's entry is the heads that were handled, {branch: commit}, so after a stop it catches up."""
    rounds: Rounds[Found] = Rounds(BRANCHES, SECONDS, _LONGEST_PAUSE)
    remote = [app.name for app in apps if not _is_local(app)]
    turns, looker = Turns(_MOST_REMOTE), _Looker()

    @dg.sensor(
        name=BRANCHES,
        jobs=[jobs[name] for app in apps for name in started_jobs(app)],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Looks at the branches of the apps' repositories. When an app's development branch moves: its job integrate, then the "
            "rehearsal. When its main branch moves: a deployment, where auto_deploy is on. To stop this for one app use `shipline pause "
            "APP`; the switch here stops it for all."
        ),
    )
    def branches(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        asked = turns.next(remote)
        chosen = [app for app in apps if app.name in asked or app.name not in remote]
        return tend(
            context, BRANCHES, by_name(apps), rounds, partial(looker.look, source), expected=(SourceError, NotLoaded),
            idle="no branch has moved", pausable=True, due=lambda _instance, _entries: [app.name for app in chosen],
        )  # fmt: skip

    return branches


def started_jobs(app: App) -> list[str]:
    """The names of the jobs that a branch of the app starts."""
    return [job_name(app, Job.INTEGRATE), *(job_name(app, Job.DEPLOY, environment) for environment in app.deployed)]


def _is_local(app: App) -> bool:
    try:
        return is_local(url_of(app.repository))
    except SourceError:  # said at each look
        return True


class _Looker:
    """Looks at repositories, and remembers those on this machine that have not changed since."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[Stamp, str, float]] = {}

    def look(self, source: SourceResource, loaded: App, entry: str | None) -> Found:
        """What moved since the entry. The first look starts nothing. Raises SourceError and NotLoaded."""
        app = current(loaded)
        stamp = refs_stamp(url_of(app.repository), app.branches.shipping)
        if stamp is not None and entry is not None and self._is_known(app, stamp, entry):
            return Found()
        repository = source.of(app)
        heads = repository.heads(app.branches.shipping)
        handled: Heads = json.loads(entry) if entry else {}
        # A branch that is gone stays in mind: when it comes back where it was, it has not moved.
        now = json.dumps({**handled, **heads})
        if stamp is not None:
            with self._lock:
                self._seen[app.name] = stamp, f"{app.repository} {now}", time.monotonic()
        if entry is None:
            shown = ", ".join(f"{branch} at {head[:12]}" for branch, head in heads.items()) or "no branch yet"
            return Found(entry=now, said=f"first look: {shown}; what comes from now on is handled")
        return Found(entry=now, requests=moved(app, handled, _answered(app, repository, handled, heads)))

    def _is_known(self, app: App, stamp: Stamp, entry: str) -> bool:
        with self._lock:
            seen, known, at = self._seen.get(app.name, ((), "", 0.0))
        return (seen, known) == (stamp, f"{app.repository} {entry}") and time.monotonic() - at < _SURE


def _answered(app: App, repository: Source, handled: Heads, heads: Heads) -> Heads:
    """For each branch the newest commit that is answered: the head, unless it asks to be skipped or changes nothing of the app's own.

    A branch that has nothing else is left as it was handled. Raises SourceError.
    """
    return {branch: _newest(app, Ancestry(repository), handled.get(branch, ""), head) for branch, head in heads.items()}


def _newest(app: App, ancestry: Ancestry, since: str, head: str) -> str:
    if head == since:
        return head
    line = ancestry.line(since, head) if since and ancestry.has(head, since) else [head]
    for commit in reversed(line):
        details = ancestry.details(commit)
        if not asks_to_skip(details.message) and concerns(app.paths, details.files):
            return commit
    return since


def moved(app: App, handled: Heads, heads: Heads) -> list[dg.RunRequest]:
    """One run request for every job that the branches which moved start. A branch that is new has moved."""
    requests = []
    for branch, head in heads.items():
        if head and handled.get(branch) != head:
            since = handled.get(branch, "")
            requests += _on_main(app, head, since) if branch == app.branches.main else _on_development(app, head, since)
    return requests


def _on_development(app: App, head: str, since: str) -> list[dg.RunRequest]:
    tags = {THEN: Job.STAGE.value} if app.staging else {}
    return [
        _request(app, Job.INTEGRATE, f"integrate:{app.name}:{head}", app.branches.development, head, since, tags=tags)
    ]


def _on_main(app: App, head: str, since: str) -> list[dg.RunRequest]:
    if app.branches.one and app.staging:  # the sensor that chains runs deploys what has passed its rehearsal
        return _on_development(app, head, since)
    main = app.branches.main
    automatic = [name for name in app.deployed if app.environments[name].auto_deploy]
    if not automatic:  # the image is made, and a person deploys it
        return [_request(app, Job.INTEGRATE, f"integrate:{app.name}:{main}:{head}", main, head, since)]
    return [
        _request(app, Job.DEPLOY, f"{_key(app, environment)}:{head}", main, head, since, environment)
        for environment in automatic
    ]


def _key(app: App, environment: str) -> str:
    return f"{job_name(app, Job.DEPLOY, environment).removeprefix(f'{app.name}_')}:{app.name}"


def _request(
    app: App,
    job: Job,
    run_key: str,
    branch: str,
    head: str,
    since: str,
    environment: str = "",
    tags: Mapping[str, str] | None = None,
) -> dg.RunRequest:
    request = Request(
        app=app.name,
        job=job,
        environment=environment,
        commit=head,
        branch=branch,
        since=since,
        reason=f"{branch} moved to {head[:12]}",
        actor=f"sensor {BRANCHES}",
    )
    return dg.RunRequest(
        run_key=run_key,
        job_name=job_name(app, job, environment),
        run_config=request.run_config(),
        tags={**request.run_tags(), **(tags or {})},
    )
