"""Run notifications: what a run that is over has to tell. Pure."""

from pipeline_defs.config import App
from pipeline_defs.config.notification_settings import NotificationType
from pipeline_defs.config.web_links import commit_page, pull_page
from pipeline_defs.lineage.runs.run_facts import Ending, Phase, RunFacts
from pipeline_defs.notifications.notification import Level, Notification, first_sentence, lines, tame
from pipeline_defs.release.change import queue_base
from pipeline_defs.release.duration import duration
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, Outcome, Rehearsal
from pipeline_defs.release.request import Job
from pipeline_defs.release.run_tags import REASON, tag_of

INTERRUPTED = "its run ended before it was done"


def notification_of(app: App, facts: RunFacts, run_page: str) -> Notification | None:
    """One notice for a run; None while it goes on, and where nobody needs to know.

    Nobody is told of what was superseded, cancelled, or lost and made again: what comes instead has its own notice, and what a
    cancelled deployment had begun is undone by a run that tells. The failed check of a pull request, also in the merge queue, is its
    author's, who sees it there.
    """
    if not facts.phase.over or facts.given_up or facts.made_again or facts.phase is Phase.CANCELLED:
        return None
    return _Telling(app, facts, run_page).notice()


class _Telling:
    """Makes the notice of one run."""

    def __init__(self, app: App, facts: RunFacts, run_page: str) -> None:
        self._app, self._facts, self._run_page = app, facts, run_page

    def notice(self) -> Notification | None:
        if self._facts.deployments:
            return self._of_deployments()
        unmerged = self._facts.pull or queue_base(self._facts.tags.get("change", ""))
        if self._facts.phase is not Phase.FAILED or (self._facts.job is Job.INTEGRATE and unmerged):
            return None
        return self._of_failure()

    def _of_deployments(self) -> Notification | None:
        rows = self._facts.deployments
        last = rows[-1]
        lives = last.outcome is Outcome.SUCCEEDED
        lost = next(
            (row for row in rows if row.kind is DeploymentKind.DEPLOY and row.outcome is not Outcome.SUCCEEDED), None
        )
        if last.outcome in HELD:
            return None if self._facts.overtaken else self._of_row(("waits",), Level.SAID, last, "waits")
        if lost is not None:
            return self._of_lost(lost, last if lives else None)
        if not lives:
            return self._of_row(("failed",), Level.BAD, last, f"could not be brought back{_person(last)}")
        if last.kind is DeploymentKind.ROLLBACK:
            return self._of_row(("rolled_back",), Level.WARNING, last, "runs again")
        level = Level.WARNING if last.failed_hooks else Level.GOOD
        return self._of_row(("deployed",), level, last, "runs")

    def _of_lost(self, lost: Deployment, live: Deployment | None) -> Notification:
        """A deployment that failed; `live` is what was brought back."""
        quarantined: tuple[NotificationType, ...] = ("quarantined",) if lost.failed_after_change else ()
        if live is None:
            return self._of_row(("failed", *quarantined), Level.BAD, lost, f"failed{_person(lost)}")
        happened = f"failed, {live.release.version} runs again"
        return self._of_row(("rolled_back", *quarantined), Level.BAD, lost, happened, live.release.version)

    def _of_row(
        self, happenings: tuple[NotificationType, ...], level: Level, row: Deployment, happened: str, to: str = ""
    ) -> Notification:
        previous = row.previous.version if row.previous else "nothing"
        version = row.release.version
        way = f"{previous} -> {version}" + (f" -> {to}" if to else "")
        out = f"{version} is not deployed there again until somebody lifts it" if "quarantined" in happenings else ""
        interrupted = INTERRUPTED if row.outcome is Outcome.STARTED else ""
        return Notification(
            happenings=happenings,
            environment=row.environment,
            level=level,
            title=f"{self._app.name} {row.environment}: {version} {happened}",
            lines=lines(
                version=way,
                who=tame(row.actor),
                why=tame(row.reason),
                took=duration(row.seconds) if row.seconds else "",
                error=first_sentence(row.error or interrupted),
                tests=first_sentence(self._unproved()),
                hooks=first_sentence("; ".join(row.failed_hooks)),
                quarantine=out,
                **self._links(row.environment, row.release.commit),
            ),
        )

    def _unproved(self) -> str:
        """That what runs again fails its own tests; empty where it does not."""
        live = next((row for row in reversed(self._facts.deployments) if row.unproved), None)
        return f"{live.release.version} serves again, and fails its own tests: {live.unproved}" if live else ""

    def _of_failure(self) -> Notification:
        """A run that failed before there was a deployment: a rehearsal, an image, or what was refused."""
        tags, environment = self._facts.tags, self._facts.tags.get("environment", "")
        row = self._facts.rehearsal
        rehearsal = self._facts.job is Job.STAGE
        what = row.release.version if row else tags.get("version") or tags.get("commit", "")[:7]
        job = {Job.INTEGRATE: "image", Job.STAGE: "rehearsal"}.get(self._facts.job, self._facts.job.value)
        return Notification(
            happenings=("rehearsal_failed" if rehearsal else "failed",),
            environment=environment,
            level=Level.BAD,
            title=f"{self._app.name} {environment or tags.get('branch', '')}".rstrip()
            + f": the {job}{f' of {tame(what)}' if what else ''} failed",
            lines=lines(
                who=tame(tags.get("actor") or tags.get("dagster/sensor_name", "")),
                why=tame(tag_of(tags, REASON)),
                took=duration(row.seconds) if row and row.seconds else "",
                error=first_sentence(_error(self._facts, row)),
                **self._links(environment, row.release.commit if row else self._facts.commit),
            ),
        )

    def _links(self, environment: str, commit: str) -> dict[str, str]:
        number = self._facts.pull or (self._facts.image.pull if self._facts.image else 0)
        config = self._app.environments.get(environment)
        return {
            "run": self._run_page,
            "commit": commit_page(self._app, commit) or commit[:12],
            "pull_request": pull_page(self._app, number),
            "page": (config.url or "") if config else "",
        }


def _person(row: Deployment) -> str:
    return f", {row.environment} needs a person" if row.needs_person else ""


def _error(facts: RunFacts, row: Rehearsal | None) -> str:
    """Why it failed. The text of an error that nobody expected could say anything, so it stays in the log."""
    if row is not None and row.error:
        return row.error
    for stage, step in facts.steps.items():
        if step.ending is Ending.FAILED:
            return f"{stage}: {step.sentence}"
        if step.ending is Ending.BROKEN:
            return f"{stage} broke: see the run's log"
    return INTERRUPTED
