"""Branches: a branch of the app's repository that moved starts its job; any git host will do."""

import json
import time
from collections.abc import Mapping

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.config.current import NotLoaded, current
from pipeline_defs.jobs import AssetJob, job_name
from pipeline_defs.release.pauses import Pauses
from pipeline_defs.release.relevance import asks_to_skip, concerns
from pipeline_defs.release.request import THEN, Job, Request
from pipeline_defs.resources.ancestry import Ancestry
from pipeline_defs.resources.source import Source
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.source_resource import SourceResource

SECONDS = 4
"""Between two looks. The daemon's floor is 5 s, and 5 would become 10."""

_LONGEST_PAUSE = 300.0
"""Seconds between two looks at a repository that does not answer."""

Heads = dict[str, str]


def branches_sensor(app: App, jobs: Mapping[str, AssetJob]) -> dg.SensorDefinition:
    """The sensor `<app>_branches`. Its cursor is the heads it has handled, {branch: commit}, so after a stop it catches up."""
    started = [job_name(app, Job.INTEGRATE), *(job_name(app, Job.DEPLOY, environment) for environment in app.deployed)]
    pauses = Pauses(SECONDS, _LONGEST_PAUSE, time.monotonic)
    said: dict[str, str] = {}

    @dg.sensor(
        name=f"{app.name}_branches",
        jobs=[jobs[name] for name in started],
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Looks at the branches of {app.repository}. When {app.branches.development} moves: "
            f"{job_name(app, Job.INTEGRATE)}, then the rehearsal. When {app.branches.main} moves: a deployment, where "
            "auto_deploy is on. Switch it off and nothing of this app is started by itself."
        ),
    )
    def branches(context: dg.SensorEvaluationContext, source: SourceResource) -> dg.SensorResult | dg.SkipReason:
        if rest := pauses.rests(app.name):
            return dg.SkipReason(f"{said[app.name]}; asked again in {rest:.0f} s")
        try:
            now = current(app)
            repository = source.of(now)
            heads = repository.heads(now.branches.shipping)
            handled: Heads = json.loads(context.cursor) if context.cursor else {}
            answered = _answered(now, repository, handled, heads) if context.cursor else heads
        except NotLoaded as error:
            return dg.SkipReason(str(error))
        except SourceError as error:
            pauses.failed(app.name)
            said[app.name] = str(error)
            return dg.SkipReason(str(error))
        pauses.worked(app.name)
        if context.cursor is None:
            shown = ", ".join(f"{branch} at {head[:12]}" for branch, head in heads.items()) or "no branch yet"
            baseline = f"first look: {shown}; what comes from now on is handled"
            return dg.SensorResult(skip_reason=baseline, cursor=json.dumps(heads))
        requests = moved(now, handled, answered)
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else "no branch has moved",
            # A branch that is gone stays in mind: when it comes back where it was, it has not moved.
            cursor=json.dumps({**handled, **heads}),
        )

    return branches


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
        actor=f"sensor {app.name}_branches",
    )
    return dg.RunRequest(
        run_key=run_key,
        job_name=job_name(app, job, environment),
        run_config=request.run_config(),
        tags={**request.run_tags(), **(tags or {})},
    )
