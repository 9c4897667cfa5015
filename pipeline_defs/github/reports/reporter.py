"""Reporter: one look. What changed in Dagster's storage is compared with what GitHub was told, and the difference is told."""

import logging
from collections.abc import Callable, Iterator, MutableMapping

from pipeline_defs.config import App
from pipeline_defs.github.api import GitHubUnavailable
from pipeline_defs.github.reports.commit_statuses import PENDING, statuses
from pipeline_defs.github.reports.deployment_states import INACTIVE, before_record, deployments, of_row, previews
from pipeline_defs.github.reports.pull_request_comment import comment
from pipeline_defs.github.reports.release_notes import published, words
from pipeline_defs.github.reports.report_items import DeploymentState, Item, Status
from pipeline_defs.github.reports.report_memory import Memory, RunReport
from pipeline_defs.github.reports.report_writer import Writer
from pipeline_defs.github.reports.shipped_changes import Range, Shipped, is_new_version, is_shipment
from pipeline_defs.github.reports.waiting_statuses import waiting
from pipeline_defs.lineage.runs.run_facts import Phase, RunFacts
from pipeline_defs.lineage.runs.run_reader import RunReader, ran_before, succeeded
from pipeline_defs.release.records import Deployment
from pipeline_defs.release.request import Job

MOST_TAKEN_UP = 20
"""Runs that one look takes up."""

_log = logging.getLogger(__name__)


class Reporter:
    """Tells GitHub about the runs of one app.

    Args:
        page: the address of the web page, empty where nobody knows it.
        ranges: what deployments brought, by record; kept between looks, because it costs many questions. It may be lost.
    """

    def __init__(
        self, app: App, reader: RunReader, page: str, ranges: MutableMapping[str, Shipped], clock: Callable[[], float]
    ) -> None:
        self._app = app
        self._reader = reader
        self._page = page
        self._ranges = ranges
        self._clock = clock

    def report(self, memory: Memory, writer: Writer) -> str:
        """Tell what is new, and note it in the memory. Gives a sentence about it."""
        now = self._clock()
        if now < memory.quiet_until:
            return f"GitHub is asked again in {memory.quiet_until - now:.0f} s: {memory.said.get('away', '')}"
        self._take_up(memory)
        try:
            for run in [run for run, attended in memory.runs.items() if not attended.rests(now)]:
                if writer.is_late:
                    writer.complaints.append("the rest follows with the next look")
                    break
                self._attend(memory, writer, run)
            self._tell_waiting(memory, writer)
        except GitHubUnavailable as away:
            writer.rest(away)
        for run in memory.give_up_the_oldest():
            _log.warning("%s: run %s is given up, GitHub did not take what it has to say", self._app.name, run[:8])
        told = [f"{writer.written} told"] if writer.written else []
        return "; ".join([*told, *dict.fromkeys(writer.complaints)]) or "nothing new"

    def _tell_waiting(self, memory: Memory, writer: Writer) -> None:
        """Say of a commit that it waits, and what for; otherwise its pull request would show nothing at all."""
        assert self._app.github is not None
        if self._app.github.report.statuses:
            stands = self._reader.waiting()
            memory.keep_waiting(stands)
            for commit, attended in memory.waiting.items():
                writer.write(attended, waiting(self._app, commit, stands[commit]))

    def _take_up(self, memory: Memory) -> None:
        """Attend to the runs that changed."""
        room = min(MOST_TAKEN_UP, memory.room)
        if room > 0:
            for run, at in memory.news(self._reader.changed, room).items():
                memory.take_up(run, at)

    def _attend(self, memory: Memory, writer: Writer, run: str) -> None:
        """Tell what is new about one run, and let it go when nothing of it can change any more."""
        facts = self._reader.run(run)
        if facts is None or not (facts.head or facts.previews_ended or facts.job in (Job.DEPLOY, Job.ROLLBACK)):
            memory.finish(run)
            return
        attended = memory.put_last(run)
        items = list(self._items(facts, attended))
        complete = writer.write(attended, items) & self._tell_shipments(writer, attended, facts)
        waits = any(isinstance(item, Status) and item.state == PENDING for item in items)
        attended.asleep = facts.phase is Phase.WAITING and complete
        attended.aside = facts.phase.over and bool(attended.later) and not waits
        if facts.phase.over and complete and not waits:
            memory.finish(run)
            for row in facts.deployments:
                self._ranges.pop(row.id, None)

    def _items(self, facts: RunFacts, attended: RunReport) -> Iterator[Item]:
        """Everything that GitHub is to know about a run now, without what is switched off."""
        assert self._app.github is not None
        report = self._app.github.report
        if report.statuses:
            yield from statuses(self._app, facts, self._address(facts.run), self._clock())
        if report.deployments:
            yield from self._deployments(facts, attended)
            yield from previews(self._app, facts, self._address(facts.run))
        if report.comments and facts.pull and facts.head and facts.newest:
            yield comment(self._app, self._reader.of_pull(facts), self._address)

    def _deployments(self, facts: RunFacts, attended: RunReport) -> Iterator[DeploymentState]:
        """The run's own. Of all that ever ran in an environment, only what runs now is not inactive."""
        unbegun = before_record(self._app, facts, self._address(facts.run))
        if unbegun is not None and (facts.phase is Phase.WAITING or attended.knows(unbegun)):
            yield unbegun
        ran = succeeded(facts.deployments)
        live = self._reader.live(ran[-1].environment) if ran else []
        for row, item in zip(facts.deployments, deployments(self._app, facts, self._address(facts.run)), strict=True):
            yield self._inactive(row) if live and row in ran and row.id < live[0].id else item
        before = ran_before(live, ran[-1]) if ran else None
        if before is not None and before not in facts.deployments:
            yield self._inactive(before)

    def _inactive(self, row: Deployment) -> DeploymentState:
        replaced = f"{row.release.version} was replaced"
        return of_row(self._app, row, INACTIVE, replaced, self._address(row.run))

    def _tell_shipments(self, writer: Writer, attended: RunReport, facts: RunFacts) -> bool:
        """Release and word to those concerned, for each deployment that brought something new to people."""
        assert self._app.github is not None
        report = self._app.github.report
        complete = True
        for row in facts.deployments:
            if not is_shipment(self._app, row) or not (report.releases or report.issues):
                continue
            found = self._range(writer, attended, row)
            if found is None:
                complete = False
                continue
            complete &= writer.write(
                attended, [published(self._app, found)] if report.releases and is_new_version(row) else []
            )
            complete &= writer.write(attended, words(self._app, found) if report.issues else [])
        return complete

    def _range(self, writer: Writer, attended: RunReport, row: Deployment) -> Shipped | None:
        """What a deployment brought; None while GitHub does not tell, and without its contents where it never did."""
        if row.id not in self._ranges:
            asked = Range(row, self._ranges)
            attended.forget(asked)
            if not writer.write(attended, [asked]):
                return None
        return self._ranges.get(row.id) or Shipped(row)

    def _address(self, run: str) -> str:
        return f"{self._page}/runs/{run}" if self._page else ""
