"""Together: many ask for a deployment to one environment at once: one at a time is made, the newest wins, and the others say so."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from dagster import AssetKey, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from benchmarks.deploy.figures import Figures
from benchmarks.deploy.ground import Ground
from benchmarks.deploy.overlaps import Span, interleaved, journalled, most_at_once
from benchmarks.github.stack import Stack, running, wait_for
from benchmarks.parts import Failed, Tell
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.release.request import SUPERSEDED_BY, Job, Request
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.strategies.deploy_procedure import deploy

REQUESTS = 50
AT_THE_LOCK = 6
"""Procedures that meet at the server's lock, as those of several Shiplines would; each is made."""

APP, REPOSITORY = "tiny", "acme/tiny"
"""What is asked for in the queue: an app whose deployments are quick, and whose images the sample app's do not meet."""

_SECONDS = 900
_ENVIRONMENT = "production"


def measure(ground: Ground, tell: Tell, requests: int = REQUESTS, at_the_lock: int = AT_THE_LOCK) -> Figures:
    """By the queue, as people ask; and past it, where the lock alone keeps them apart."""
    spans = [_past_the_queue(ground, at_the_lock)]
    with running({APP: REPOSITORY}, webhooks=False, bed=ground.app.shop.bed) as stack:
        records = _by_the_queue(stack, requests)
        spans.append(list(journalled(ground.server, f"/opt/{APP}").values()))
        spans.append([(each.start_time or 0.0, each.end_time or 0.0) for each in _made(records)])
        _check(stack, records)
    tell(
        f"{requests} in the queue: {len(_made(records))} made, the others superseded; {at_the_lock} at the lock, all made"
    )
    return {
        "most_at_once": max(most_at_once(each) for each in spans),
        "interleaved": sum(interleaved(each) for each in spans),
    }


def _past_the_queue(ground: Ground, count: int) -> list[Span]:
    """When each of the procedures did something."""

    def one(number: int) -> tuple[str, Report]:
        task = replace(ground.app.task(ground.second, run=f"together-{number}"), alive=lambda _run: True)
        with ground.app.shop.server() as server:
            return task.id, deploy(task, server)

    with ThreadPoolExecutor(count) as pool:
        ended = dict(pool.map(one, range(count)))
    for report in ended.values():
        if report.error:
            raise Failed(report.error)
    return [span for task, span in journalled(ground.server, ground.app.site.path()).items() if task in ended]


def _by_the_queue(stack: Stack, count: int) -> Sequence[RunRecord]:
    """Have the app run, and ask for so many deployments at once; their runs, once all are over, the newest first."""
    client = Client.of(stack.home)

    def ask(reason: str, *, version: str = "", commit: str = "") -> str:
        request = Request(
            app=APP,
            job=Job.DEPLOY,
            environment=_ENVIRONMENT,
            version=version,
            commit=commit,
            reason=reason,
            actor="ada",
        )
        return client.launch(f"{APP}_deploy", request)

    def records(run_ids: list[str]) -> Sequence[RunRecord]:
        found = stack.instance.get_run_records(RunsFilter(run_ids=run_ids))
        return found if all(each.dagster_run.is_finished for each in found) else []

    first = ask("the first of all", commit=stack.github.log(REPOSITORY)[0])
    [made] = wait_for(lambda: records([first]), _SECONDS, "the first deployment does not end", every=0.5)
    if not made.dagster_run.is_success:
        raise Failed(f"the first deployment {made.dagster_run.status.value}")
    with ThreadPoolExecutor(count) as pool:
        asked = list(pool.map(lambda number: ask(f"request {number}", version="1.0.0"), range(count)))
    return wait_for(lambda: records(asked), _SECONDS, "the deployments do not end", every=0.5)


def _made(records: Sequence[RunRecord]) -> list[RunRecord]:
    return [each for each in records if each.dagster_run.is_success]


def _check(stack: Stack, records: Sequence[RunRecord]) -> None:
    """Raises Failed where the newest has not won, or another one was neither made nor superseded."""
    newest = records[0].dagster_run
    live = stack.instance.get_latest_materialization_event(AssetKey(f"{APP}_{_ENVIRONMENT}"))
    if not newest.is_success or live is None or live.run_id != newest.run_id:
        raise Failed(f"the newest run, {newest.run_id}, is not the one that runs: {newest.status.value}")
    odd = [each.dagster_run for each in records if not (each.dagster_run.is_success or _superseded(each.dagster_run))]
    if odd:
        raise Failed(f"{len(odd)} were neither made nor superseded, first {odd[0].run_id}: {odd[0].status.value}")


def _superseded(run: DagsterRun) -> bool:
    return run.status is DagsterRunStatus.CANCELED and run.tags.get(SUPERSEDED_BY, "").startswith("run ")
