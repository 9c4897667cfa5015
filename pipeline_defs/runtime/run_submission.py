"""Run submission: a change's run is put into the queue once, whoever notices the change, and however often.

The run's id is made from the change's key, and ids are unique in Dagster's storage: creating the run *is* the claim. Poll,
delivery, redelivery, restart and reordering all meet there, and nobody needs to know of the others.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter
from filelock import FileLock

from pipeline_defs.release.change import run_id
from pipeline_defs.release.request import DEQUEUED, SUPERSEDED_BY, Job, Request
from pipeline_defs.release.run_tags import ATTEMPT, PREVIEW, UP, tag_of
from pipeline_defs.runtime.code_server import CodeServer
from pipeline_defs.runtime.run_statuses import UNFINISHED, WAITING


@dataclass(frozen=True)
class Claimed:
    """The run that answers a change. `new`: it was made by this claim."""

    run_id: str
    new: bool


class Launcher:
    """Claims changes, and gives up runs that newer changes have made pointless."""

    def __init__(self, instance: DagsterInstance, server: CodeServer | None) -> None:
        """Without a server nothing is done: claims are only answered, as for a preview."""
        self._instance, self._server = instance, server

    def claim(
        self,
        job_name: str,
        request: Request,
        tags: Mapping[str, str] | None = None,
        *,
        superseded_by: str = "",
        again: bool = False,
    ) -> Claimed:
        """Put the change's run into the queue, unless that was done before.

        With `superseded_by` the run is only written down, as canceled, for every commit is to be accounted for. A run that was
        given up earlier, and whose commit is the newest again, is followed by a new attempt; `again`: one that failed, too.
        """
        with self._alone():
            last = self.last_attempt(request.change)
            if last is not None:
                self._finish_claim(last)
                if superseded_by or not (_given_up(last) or (again and failed(last))):
                    return Claimed(last.run_id, new=False)
            attempt = _number(last) + 1 if last else 1
            identity = _identity(request.change, attempt)
            more = {ATTEMPT: str(attempt) if attempt > 1 else "", SUPERSEDED_BY: superseded_by}
            given = {name: value for name, value in more.items() if value}
            if self._server:
                run = self._server.create(
                    self._instance, identity, job_name, request.run_config(),
                    {**request.run_tags(), **(tags or {}), **given}, planned=not superseded_by,
                )  # fmt: skip
                self._finish_claim(run)
            return Claimed(identity, new=True)

    def last_attempt(self, key: str) -> DagsterRun | None:
        """The newest run for this change, also one that a person asked for; None before there is any."""
        runs = self._instance.get_runs(RunsFilter(tags={"change": key}))
        # A rehearsal follows the run for a change, and has its tags.
        answers = [run for run in runs if not run.job_name.startswith(f"{run.tags.get('app')}_{Job.STAGE}")]
        return max(answers, key=_number, default=None)

    def answers(self, key: str) -> bool:
        """True when there is a run for this change that was not given up."""
        run = self.last_attempt(key)
        return run is not None and not _given_up(run)

    def give_up(self, run: DagsterRun, superseded_by: str, *, in_progress: bool) -> bool:
        """Cancel a run that waits, and one that has begun if `in_progress` says so; True when it was told to end.

        A run is between waiting and having begun for a second in which nobody can stop it; try again later.
        """
        with self._alone():
            now = self._instance.get_run_by_id(run.run_id)
            begun = now is not None and now.status is DagsterRunStatus.STARTED
            if now is None or not (now.status in WAITING or (begun and in_progress)):
                return False
            if self._server is None:
                return True
            self._instance.add_run_tags(run.run_id, {SUPERSEDED_BY: superseded_by})
            if not begun:
                # Not the coordinator's cancel_run: were the run dequeued in between, that would end a deployment half-way.
                # A worker that finds its run canceled does not begin.
                self._instance.report_run_canceled(now, _sentence(superseded_by))
                return True
            return bool(self._instance.run_coordinator.cancel_run(run.run_id))

    def has_run(self, tags: dict[str, str]) -> bool:
        """True when a run with these tags has begun, and has not failed."""
        going_well = [DagsterRunStatus.STARTED, DagsterRunStatus.SUCCESS]
        return bool(self._instance.get_runs(RunsFilter(tags=tags, statuses=going_well), limit=1))

    def unfinished(self, app: str) -> list[DagsterRun]:
        """The app's runs that answer a change and are not over, oldest first."""
        wanted = RunsFilter(tags={"app": app}, statuses=list(UNFINISHED))
        return [run for run in reversed(self._instance.get_runs(wanted)) if "change" in run.tags]

    def previews_up(self, app: str) -> list[DagsterRun]:
        """The app's runs whose pull requests stay up for people."""
        return list(self._instance.get_runs(RunsFilter(tags={"app": app, PREVIEW: UP})))

    def _finish_claim(self, run: DagsterRun) -> None:
        """Do what is left to do for a run that was only created, also where its claimer was killed right after that."""
        if run.status is not DagsterRunStatus.NOT_STARTED or self._server is None:
            return
        if SUPERSEDED_BY in run.tags:
            self._instance.report_run_canceled(run, _sentence(run.tags[SUPERSEDED_BY]))
        else:
            self._server.submit(self._instance, run.run_id)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else on this machine is between creating and submitting; the lock of one who was killed is free.

        Two that submit the same run could put it back into the queue after it had begun.
        """
        folder = Path(self._instance.root_directory) / "locks"
        folder.mkdir(exist_ok=True)
        with FileLock(folder / "claims.lock"):
            yield


def waits(run: DagsterRun) -> bool:
    """True for a run that has not begun."""
    return run.status in WAITING


def failed(run: DagsterRun) -> bool:
    """True for a run that is over and did not go well."""
    return run.is_finished and run.status is not DagsterRunStatus.SUCCESS


def _number(run: DagsterRun) -> int:
    """Which attempt a run is."""
    number = tag_of(run.tags, ATTEMPT, "1")
    return int(number) if number.isdecimal() else 1


def _identity(key: str, attempt: int) -> str:
    return run_id(key if attempt == 1 else f"{key}:{attempt}")


def _given_up(run: DagsterRun) -> bool:
    """True for a run that ended, or ends, for a newer one's sake. One that was done before it heard of it counts."""
    done = (DagsterRunStatus.STARTED, DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE)
    return SUPERSEDED_BY in run.tags and run.status not in done


def _sentence(superseded_by: str) -> str:
    why = {"closed": "its pull request was closed", DEQUEUED: "it left the merge queue"}
    return why.get(superseded_by, f"superseded by {superseded_by}")
