"""Claims: what one look at GitHub starts, and what it ends."""

from collections.abc import Iterator

from dagster import DagsterRun

from pipeline_defs.config import App
from pipeline_defs.github.changes.planned_runs import planned_runs
from pipeline_defs.release.change import Change, Trigger, queue_base
from pipeline_defs.release.github_cursor import PullState, SeenPull
from pipeline_defs.release.request import DEQUEUED
from pipeline_defs.release.run_tags import NOTICED, SEEN, tag_of
from pipeline_defs.release.tags import git_tag
from pipeline_defs.runtime.run_submission import Launcher, failed, waits

_PULL, _MERGE, _QUEUE = "pull:", "merge:", "queue:"  # how keys of changes begin


class Claims:
    """One look's deeds for one app, and sentences about them for people."""

    def __init__(self, app: App, launcher: Launcher, actor: str, sensor: str) -> None:
        """`actor` is who looks; `sensor` is the name under which Dagster's UI lists the runs."""
        self._app, self._launcher, self._actor = app, launcher, actor
        self._tags = {"dagster/sensor_name": sensor, NOTICED: actor}
        self.said: list[str] = []

    def run(self, change: Change, *, untrusted: bool = False, seen: str = "", again: bool = False) -> None:
        """Start the change's runs. Those of older changes to the same branch that still wait are given up for it.

        `again`: also where the one that was started failed.
        """
        for answer in planned_runs(self._app, change, self._actor, untrusted=untrusted, seen=seen):
            claimed = self._launcher.claim(answer.job, answer.request, {**self._tags, **answer.tags}, again=again)
            if claimed.new:
                self.said.append(f"{answer.job} for {answer.request.reason} (run {claimed.run_id[:8]})")
        if change.trigger is Trigger.MERGE:
            self._give_up_waiting(change)

    def record(self, change: Change, superseded_by: str) -> None:
        """Write down that a change is answered by a newer one's run."""
        for answer in planned_runs(self._app, change, self._actor):
            claimed = self._launcher.claim(
                answer.job, answer.request, {**self._tags, **answer.tags}, superseded_by=superseded_by
            )
            if claimed.new:
                self.said.append(f"{answer.request.reason}, superseded by {superseded_by[:12]}")

    def was_run(self, change: Change) -> bool:
        """True when a run of its own answers the change, or has answered it."""
        return any(
            self._launcher.answers(answer.request.change) for answer in planned_runs(self._app, change, self._actor)
        )

    def may_run_again(self, change: Change) -> tuple[bool, str]:
        """Whether a change has no run yet, or one that failed; and how new its pull request was when that was claimed."""
        run = self._launcher.last_attempt(change.key)
        return run is None or failed(run), tag_of(run.tags, SEEN) if run else ""

    def has_deployed(self, tag: str, commit: str) -> bool:
        """True for a tag that names the version of a commit which a run of ours has deployed, where such runs make the tag."""
        assert self._app.github is not None
        version = tag.removeprefix("v")
        tags = {
            "app": self._app.name,
            "environment": next(iter(self._app.deployed), ""),
            "version": version,
            "commit": commit[:12],
        }
        return self._app.github.report.releases and tag == git_tag(version) and self._launcher.has_run(tags)

    def pulls_with_runs(self) -> set[str]:
        """The numbers of the pull requests that have a run which is not over."""
        return {run.tags["pull_request"] for run in self._runs(_PULL) if "pull_request" in run.tags}

    def pulls_in_use(self) -> set[str]:
        """The same, and the numbers of those that stay up for people: it has to be noticed that they were closed."""
        kept = self._launcher.previews_up(self._app.name) if self._app.stage.kept else []
        return self.pulls_with_runs() | {run.tags["pull_request"] for run in kept if "pull_request" in run.tags}

    def give_up_pulls(self, pulls: dict[str, SeenPull]) -> None:
        """End the runs of heads that are not their pull request's any more.

        A run that knows more than we do, because it was claimed for a later state of its pull request, is left alone.
        """
        for run in self._runs(_PULL):
            number = run.tags.get("pull_request", "")
            now = pulls.get(number)
            if now is None or tag_of(run.tags, SEEN) > now.at:
                continue
            closed = now.stand is PullState.CLOSED
            if closed or (run.tags.get("head"), run.tags.get("branch")) != (now.head, now.base):
                why = "closed" if closed else now.head
                if self._launcher.give_up(run, why, in_progress=True):
                    self.said.append(f"run {run.run_id[:8]} of pull request #{number} was given up")

    def queue_runs(self) -> Iterator[tuple[DagsterRun, str, str]]:
        """The runs for the merge queue that are not over, each with the queue's base branch and the commit."""
        for run in self._runs(_QUEUE):
            yield run, queue_base(run.tags["change"]), run.tags.get("head", "")

    def give_up_queued(self, run: DagsterRun) -> None:
        """End the run of a commit that left the merge queue and was not merged."""
        if self._launcher.give_up(run, DEQUEUED, in_progress=True):
            self.said.append(f"run {run.run_id[:8]} of the merge queue was given up")

    def _give_up_waiting(self, newest: Change) -> None:
        """A deployment in progress is never touched; those that wait behind it would only be gone through for nothing."""
        for run in self._runs(_MERGE):
            other = run.tags.get("head") != newest.commit
            if (
                other
                and run.tags.get("branch") == newest.branch
                and waits(run)
                and self._launcher.give_up(run, newest.commit, in_progress=False)
            ):
                self.said.append(f"run {run.run_id[:8]} for {newest.branch} was given up")

    def _runs(self, kind: str) -> list[DagsterRun]:
        return [run for run in self._launcher.unfinished(self._app.name) if run.tags["change"].startswith(kind)]
