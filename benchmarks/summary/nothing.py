"""Nothing: runs that find everything done: the image of a tested tree, and a release that runs already."""

from collections.abc import Callable, Sequence
from functools import partial

from dagster import DagsterInstance, RunRecord, RunsFilter

from benchmarks.github.app import APP, REPOSITORY
from benchmarks.github.stack import Stack, running, wait_for
from benchmarks.parts import Failed, Tell, temporary_bed, temporary_home
from benchmarks.summary.figures import Samples
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.release.request import Job, Request

TIMES = 7
AT_ONCE = 4
RUNS = 24
_SECONDS = 300.0
_ENVIRONMENT = "production"

Ask = Callable[[], str]
"""Asks for a run, and gives its id."""


def measure(tell: Tell) -> Samples:
    """Seconds from a request to the end of its run, one after the other; then how many of them end in a minute, some at once."""
    with temporary_home("nothing"), temporary_bed("nothing") as bed, running(bed=bed) as stack:
        client, commit = Client.of(stack.home), stack.github.log(REPOSITORY)[0]

        def ask(request: Request) -> str:
            return client.launch(f"{APP}_{request.job}", request)

        deploy = Request(app=APP, job=Job.DEPLOY, environment=_ENVIRONMENT, actor="ada", commit=commit)
        integrate = partial(ask, Request(app=APP, job=Job.INTEGRATE, actor="ada", commit=commit, branch="development"))
        _ended(stack.instance, integrate())
        version = _ended(stack.instance, ask(deploy)).dagster_run.tags["version"]
        again = partial(ask, deploy.model_copy(update={"commit": "", "version": version}))
        found = {
            "noop_integrate_s": [_seconds(stack, integrate) for _ in range(TIMES)],
            "noop_deploy_s": [_seconds(stack, again) for _ in range(TIMES)],
        }
        for name, seconds in found.items():
            tell(f"{name}: {min(seconds):.2f} to {max(seconds):.2f} s")
        return found | {"runs_per_minute": [_per_minute(stack, integrate)]}


def _seconds(stack: Stack, ask: Ask) -> float:
    return _whole(_ended(stack.instance, ask()))


def _whole(record: RunRecord) -> float:
    return (record.end_time or 0.0) - record.create_timestamp.timestamp()


def _per_minute(stack: Stack, ask: Ask) -> float:
    """So many are in the queue or going on at each moment, until enough of them have ended."""
    asked = [ask() for _ in range(AT_ONCE)]

    def over() -> Sequence[RunRecord]:
        return [
            each for each in stack.instance.get_run_records(RunsFilter(run_ids=asked)) if each.dagster_run.is_finished
        ]

    def top_up() -> Sequence[RunRecord]:
        ended = over()
        for _ in range(min(AT_ONCE + len(ended), RUNS) - len(asked)):
            asked.append(ask())
        return ended if len(ended) == RUNS else []

    records = wait_for(top_up, _SECONDS, f"{RUNS} runs do not end", every=0.2)
    for each in records:
        _well(each)
    begun = min(each.create_timestamp.timestamp() for each in records)
    return RUNS * 60 / (max(each.end_time or 0.0 for each in records) - begun)


def _ended(instance: DagsterInstance, run: str) -> RunRecord:
    def record() -> RunRecord | None:
        [found] = instance.get_run_records(RunsFilter(run_ids=[run]))
        return found if found.dagster_run.is_finished else None

    return _well(wait_for(record, _SECONDS, f"the run {run} does not end"))


def _well(record: RunRecord) -> RunRecord:
    if not record.dagster_run.is_success:
        raise Failed(
            f"the run {record.dagster_run.run_id} of {record.dagster_run.job_name} {record.dagster_run.status.value}"
        )
    return record
