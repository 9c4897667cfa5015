"""The lineage read back from Dagster's storage, with or without a running Shipline.

The only reader: the command line asks it, and lets it write down a person's word. Everything is folded from the stored events of the
assets, in the order in which they were stored, never from "the latest", which is another run's as soon as two of them interleave.
Which events there are is kept in an index, so that a question reads what it needs and not all that ever happened.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any
from weakref import finalize

from dagster import DagsterInstance, RunsFilter

from pipeline_defs.config import App, Home
from pipeline_defs.lineage.active_rehearsals import rehearsing
from pipeline_defs.lineage.annotations import annotate, annotate_maintenance, annotate_person_run
from pipeline_defs.lineage.events import DEPLOYMENT, IMAGE, PULL_REHEARSAL, environment_key, image_key
from pipeline_defs.lineage.index import queries
from pipeline_defs.lineage.index.catch_up import moment
from pipeline_defs.lineage.index.counts import Counts
from pipeline_defs.lineage.index.drift_checks import drifts
from pipeline_defs.lineage.index.index_file import open_index
from pipeline_defs.lineage.job_names import pull_job_name
from pipeline_defs.lineage.stored_records import facts_of_run
from pipeline_defs.release.drift_finding import Drift
from pipeline_defs.release.environment_status import EnvironmentStatus
from pipeline_defs.release.history import Row, rows
from pipeline_defs.release.lineage_lookup import QuestionError, questions
from pipeline_defs.release.maintenance_state import Maintenance
from pipeline_defs.release.pause import Pause
from pipeline_defs.release.person_run import PersonRun
from pipeline_defs.release.quarantine import Quarantined, QuarantineEntry
from pipeline_defs.release.records import Deployment, Image, Rehearsal, Release
from pipeline_defs.release.request import is_automatic
from pipeline_defs.release.trace import Trace, TraceError, trace
from pipeline_defs.runtime.automation.app_pauses import read_pauses, write_pause
from pipeline_defs.runtime.run_statuses import UNFINISHED

_log = logging.getLogger(__name__)

INDEX = "lineage.db"
"""The index's file, in Dagster's home; it may be removed at any time."""

_MOST_OF_PULL = 5  # runs that rehearsed one pull request which are looked at


@dataclass(frozen=True)
class Asked:
    """What a run was asked to do, as Dagster keeps it. `assets` are those it makes, all of its job's where it is None."""

    config: Mapping[str, Any]
    tags: Mapping[str, str]
    assets: tuple[str, ...] | None
    checks: bool


class Lineage:
    """What Dagster's storage knows about the apps. Without a storage it is empty."""

    def __init__(self, instance: DagsterInstance | None) -> None:
        self._instance = instance
        lasting = instance is not None and not instance.is_ephemeral
        self._index = open_index(Path(instance.root_directory) / INDEX if instance and lasting else None)
        finalize(self, self._index.close)

    def images(self, app: App) -> list[Image]:
        """Every image that was pushed for this app, to the repository that its file names, newest first."""
        with self._moment() as index:
            found = queries.images(index, app.name)
        elsewhere = {image.repository for image in found} - {app.image}
        if elsewhere:
            _log.warning(
                "images of %s in %s are passed over: its file names %s",
                app.name,
                ", ".join(sorted(elsewhere)),
                app.image,
            )
        return [image for image in found if image.repository == app.image]

    def environment(self, app: App, environment: str) -> list[Row]:
        """The history of one environment, newest first: rehearsals and deployments."""
        return self.newest(app.name, environment)

    def newest(self, app: str, environment: str, limit: int | None = None) -> list[Row]:
        """The newest rows of an environment, at most `limit`; of whatever was recorded, also where no file names it any more."""
        with self._moment() as index:
            return self._rows(queries.attempts(index, app, environment, limit), self._alive())

    def environments(self, app: str) -> list[str]:
        """The environments in which something of an app is recorded, also those that its file does not name any more."""
        with self._moment() as index:
            return [environment for name, environment in queries.places(index) if name == app and environment]

    def apps(self) -> list[str]:
        """The apps of which something is recorded, also those that have no file any more."""
        with self._moment() as index:
            return list(dict.fromkeys(app for app, _ in queries.places(index)))

    def trace(self, app: str, name: str) -> Trace:
        """Everything that belongs to a name. Raises TraceError."""
        try:
            asked = questions(name)
        except QuestionError as error:
            raise TraceError(str(error)) from None
        with self._moment() as index:
            images, attempts = queries.about(index, app, asked)
            alive = self._alive()
            found = [row for place in dict.fromkeys(each.environment for each in attempts)
                     for row in self._among(index, app, place, attempts, alive)]  # fmt: skip
            known = queries.versions(index, app)
        found.sort(key=lambda row: (row.at, row.id), reverse=True)
        rehearsals = [row for row in found if row.kind == "rehearsal"]
        return trace(name, images, rehearsals, [row for row in found if row.kind != "rehearsal"], known)

    def environment_status(self, app: App, environment: str) -> EnvironmentStatus:
        """How one environment stands."""
        return self.environment_statuses([(app.name, environment)])[app.name, environment]

    def environment_statuses(self, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], EnvironmentStatus]:
        """How several environments stand, {(app, environment): …}, at one moment."""
        seen = drifts(self._instance, places)
        with self._moment() as index:
            alive = self._alive()
            return {
                place: EnvironmentStatus(
                    self._rows(queries.standing(index, *place, alive), alive),
                    queries.barred(index, *place, overtaken=False),
                    _on(queries.maintenance(index, *place)),
                    seen.get(place),
                )
                for place in places
            }

    def deployments(self, app: App, environment: str) -> list[Deployment]:
        """The records of one environment's deployments, newest first."""
        with self._moment() as index:
            found = queries.attempts(index, app.name, environment)
        return [each for each in found if isinstance(each, Deployment)]

    def rehearsals(self, app: App) -> list[Rehearsal]:
        """The records of an app's rehearsals, newest first."""
        with self._moment() as index:
            found = queries.attempts(index, app.name, app.staging) if app.staging else []
        return [each for each in found if isinstance(each, Rehearsal)]

    def pull_rehearsals(self, app: App, pull: int) -> list[Rehearsal]:
        """The records of the newest rehearsals of a pull request, made before it was merged, newest first."""
        if self._instance is None or app.staging is None:
            return []
        wanted = RunsFilter(job_name=pull_job_name(app), tags={"pull_request": str(pull)})
        key = environment_key(app.name, app.staging)
        return [
            row
            for run in self._instance.get_runs(wanted, limit=_MOST_OF_PULL)
            for row in facts_of_run(self._instance, run.run_id, key, PULL_REHEARSAL, Rehearsal)[-1:]
        ]

    def quarantine(self, app: App, environment: str) -> list[Quarantined]:
        """What is quarantined in one environment, newest first."""
        with self._moment() as index:
            return queries.barred(index, app.name, environment, overtaken=True)

    def maintenance(self, app: App, environment: str) -> Maintenance | None:
        """The word by which an environment is in maintenance now; None where it is not."""
        with self._moment() as index:
            return _on(queries.maintenance(index, app.name, environment))

    def drift(self, app: App, environment: str) -> Drift | None:
        """What the newest look at an environment's servers found; None where nobody has looked."""
        return drifts(self._instance, [(app.name, environment)]).get((app.name, environment))

    def image_made_by(self, app: App, run_id: str) -> Image | None:
        """The image that a run has made, the newest of several; None where it has made none."""
        if self._instance is None:
            return None
        made = facts_of_run(self._instance, run_id, image_key(app.name), IMAGE, Image)
        return made[-1] if made else None

    def release_of(self, app: App, environment: str, row: Row) -> Release | None:
        """The release of a deployment, as its own run has written it down; None where that run is gone."""
        if self._instance is None:
            return None
        key = environment_key(app.name, environment)
        written = facts_of_run(self._instance, row.run, key, DEPLOYMENT, Deployment)
        return next((each.release for each in reversed(written) if each.id == row.id), None)

    def rehearsing(self, app: App, digest: str) -> str | None:
        """The run that rehearses an image, or will once it leaves the queue; None where there is none."""
        if self._instance is None or app.staging is None:
            return None
        return rehearsing(self._instance, app.name, app.staging, digest, lambda: self.images(app))

    def asked_by_itself(self, run_id: str) -> bool:
        """Whether a sensor or a change asked for a run, and nobody in person; False of one that is not known here."""
        run = self._instance.get_run_by_id(run_id) if self._instance else None
        return run is not None and is_automatic(run.tags)

    def counts(self) -> Counts:
        """How much there is of everything that is counted: cheap, however much that is."""
        with self._moment() as index:
            return queries.counts(index)

    def say(self, word: QuarantineEntry) -> None:
        """Write down a person's word on a release."""
        annotate(self._storage, word)

    def say_maintenance(self, word: Maintenance) -> None:
        """Write down that an environment is in maintenance, or no more."""
        annotate_maintenance(self._storage, word)

    def say_person_run(self, run: PersonRun) -> None:
        """Write down that a person runs a command in an environment, or how it ended."""
        annotate_person_run(self._storage, run)

    def person_runs(self, app: str, environment: str, limit: int) -> list[PersonRun]:
        """The commands that people ran in an environment, newest first; at most `limit` of them."""
        with self._moment() as index:
            return queries.person_runs(index, app, environment, limit)

    def lives(self, run_id: str) -> bool | None:
        """Whether a run is still under way; None of one that is not known here."""
        run = self._instance.get_run_by_id(run_id) if self._instance else None
        return None if run is None else not run.is_finished

    def asked(self, run_id: str) -> Asked | None:
        """What a run was asked to do; None of one that is not known here."""
        run = self._instance.get_run_by_id(run_id) if self._instance else None
        if run is None:
            return None
        chosen = run.asset_selection
        assets = None if chosen is None else tuple(sorted(key.to_user_string() for key in chosen))
        return Asked(run.run_config, run.tags, assets, checks=run.asset_check_selection is None)

    @property
    def kept(self) -> bool:
        """Whether there is a storage, in which a person's word can be written down."""
        return self._instance is not None

    @property
    def _storage(self) -> DagsterInstance:
        if self._instance is None:
            raise LookupError("there is no storage to write to")
        return self._instance

    @contextmanager
    def _moment(self) -> Iterator[Connection]:
        if self._instance is None:
            yield self._index
            return
        with moment(self._instance, self._index) as index:
            yield index

    def pauses(self, apps: Collection[str]) -> dict[str, Pause]:
        """Those of these apps of which nothing is started by itself."""
        return read_pauses(self._instance, apps) if self._instance else {}

    def pause(self, app: str, wanted: Pause | None) -> None:
        """Write down that an app is paused, or with None that it is not."""
        assert self._instance is not None, "there is a storage"
        write_pause(self._instance, app, wanted)

    def _alive(self) -> set[str]:
        """The runs that are under way: few, however many there were."""
        return set(self._instance.get_run_ids(RunsFilter(statuses=list(UNFINISHED)))) if self._instance else set()

    def _rows(self, attempts: Sequence[Deployment | Rehearsal], alive: Collection[str]) -> list[Row]:
        return rows(attempts, alive=set(alive), now=datetime.now(UTC))

    def _among(
        self, index: Connection, app: str, place: str, found: Sequence[Deployment | Rehearsal], alive: Collection[str]
    ) -> list[Row]:
        """The rows of those attempts that were in an environment. Which of them runs there now, others have to say too."""
        wanted = {each.id: each for each in found if each.environment == place}
        others = {each.id: each for each in queries.standing(index, app, place, alive)}
        together = sorted({**wanted, **others}.values(), key=lambda each: each.id, reverse=True)
        return [row for row in self._rows(together, alive) if row.id in wanted]


@contextmanager
def open_lineage(home: Home) -> Iterator[Lineage]:
    """The lineage in this home's storage; empty where no Shipline was ever started."""
    if not (home.root / "dagster.yaml").exists():
        yield Lineage(None)
        return
    with DagsterInstance.from_config(str(home.root)) as instance:
        yield Lineage(instance)


def _on(word: Maintenance | None) -> Maintenance | None:
    return word if word and word.on else None
