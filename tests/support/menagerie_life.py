"""A life: what happens to an app of the menagerie on a real server, and what was lost, recreated or left broken meanwhile."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.menagerie import Place, kinds

_TOLD = "besides the image: "


@dataclass
class Life:
    """What happens to one app. Lists hold a phrase for each thing that is not as it has to be; all is well where they are empty.

    Attributes:
        attempts: deployments and rollbacks so far; failures: releases that did not work; restores: those of a database.
        recreated: containers that are others although nothing of their service has changed.
        broken: what does not run, or not as it ran before a failure; wrongly_unchanged: failures that denied what they had changed.
        rows_lost, files_lost: how much of what was written is gone.
    """

    place: Place
    attempts: int = 0
    failures: int = 0
    restores: int = 0
    recreated: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    wrongly_unchanged: list[str] = field(default_factory=list)
    restores_failed: list[str] = field(default_factory=list)
    rows_lost: int = 0
    files_lost: int = 0
    _rows: int = 0
    _lines: int = 0

    @property
    def wrong(self) -> list[str]:
        """Everything that was not as it has to be."""
        lost = [f"{self.rows_lost} rows, {self.files_lost} lines lost"] if self.rows_lost or self.files_lost else []
        return [*self.recreated, *self.broken, *self.wrongly_unchanged, *self.restores_failed, *lost]

    def begin(self) -> None:
        """Deploy the first release, and write data."""
        self._deploy("1.0.0")
        self._write()

    def again(self) -> None:
        """Deploy the same once more: every container stays."""
        before = self._ids()
        self._deploy("1.0.0")
        self._kept(before, before, "deployed again unchanged")

    def rehearse(self) -> None:
        """Rehearse the second release, where there is a database: production is not touched, and of the copy nothing is left."""
        place, refused = self.place, self.place.animal.expect.get("rehearsal")
        if "staging" not in place.app.environments:
            return
        self.attempts += 1
        before = place.containers()
        report = rehearse(place.task("1.1.0", environment="staging"), place.server, place.site)
        if not re.search(refused, report.error or "") if refused else report.error:
            self._broken(f"the rehearsal: {report.error}")
        if before != place.containers():
            self._broken("the rehearsal has changed production")
        if left := place.left_of_staging():
            self._broken(f"the rehearsal has left {left}")
        self._look_for_data()

    def fail(self) -> None:
        """Deploy a release that does not work, and go back."""
        animal, place = self.place.animal, self.place
        if not animal.broken:
            return
        before, ids, revision = place.containers(), self._ids(), place.read("/data/revision")
        self.attempts += 2
        self.failures += 1
        report = deploy(place.task("1.1.0", broken=True), place.server)
        if report.error is None or not re.search(animal.broken["says"], report.error):
            self._broken(f"a broken release: {report.error}")
        changed = kinds(before) != kinds(place.containers()) or revision != place.read("/data/revision")
        if changed and not report.changed:
            self.wrongly_unchanged.append(f"{animal.name}: {report.error}")
        answer = self._checked(rollback(place.task(None), place.server), "the way back")
        for each in (*answer.left, *set(kinds(before)) ^ set(kinds(place.containers()))):
            self._broken(f"not as it ran before: {each}")
        self._kept(ids, animal.expect.get("keeps", []), "undone")
        self._look_for_data()

    def follow(self) -> Report:
        """Deploy the second release: what differs is replaced, and nothing else."""
        before, expect = self._ids(), self.place.animal.expect
        report = self._deploy("1.1.0")
        self._kept(before, expect.get("keeps", []), "deployed")
        told = sorted(line.removeprefix(_TOLD) for line in self.place.said if line.startswith(_TOLD))
        if told != sorted(expect.get("tells", [])):
            self._broken(f"what is told is {told}")
        if "revision" in expect and self.place.read("/data/revision") != expect["revision"]:
            self._broken(f"the database is at {self.place.read('/data/revision')}")
        return report

    def restore(self) -> None:
        """Deploy the second release, and go back to the first with the database as it was then, or be refused as it is said."""
        revision = self.place.read("/data/revision")
        backup = self.follow().backup
        if not backup:
            return
        self.attempts += 1
        before = self.place.containers()
        report = rollback(self.place.task("1.0.0", restore_from=backup), self.place.server)
        if refused := self.place.animal.expect.get("restore"):
            if report.changed or before != self.place.containers() or not re.search(refused, report.error or ""):
                self.restores_failed.append(f"{self.place.animal.name} is not refused: {report.error}")
            return
        self.restores += 1
        if report.error or report.live is None or report.live.version != "1.0.0":
            self.restores_failed.append(f"{self.place.animal.name}: {report.error}")
        elif self.place.read("/data/revision") not in (revision, "1.0.0"):  # an entry point may have migrated since
            self.restores_failed.append(f"{self.place.animal.name}: at {self.place.read('/data/revision')}")
        self._look_for_data()

    def _deploy(self, version: str) -> Report:
        self.attempts += 1
        self.place.said.clear()
        report = self._checked(deploy(self.place.task(version), self.place.server), f"the deployment of {version}")
        self._look_for_data()
        return report

    def _checked(self, report: Report, what: str) -> Report:
        if report.error:
            self._broken(f"{what}: {report.error}")
        return report

    def _broken(self, what: str) -> None:
        self.broken.append(f"{self.place.animal.name}: {what}")

    def _ids(self) -> dict[str, str]:
        return {each.service: each.id for each in self.place.containers()}

    def _kept(self, before: Mapping[str, str], services: Iterable[str], when: str) -> None:
        after = self._ids()
        for name in services:
            if after.get(name) != before.get(name):
                self.recreated.append(f"{self.place.animal.name}, {when}: {name}")

    def _write(self) -> None:
        self.place.write_data()
        self._rows, self._lines = self.place.rows(), self.place.lines()

    def _look_for_data(self) -> None:
        rows, lines = self.place.rows(), self.place.lines()
        self.rows_lost += max(0, self._rows - rows)
        self.files_lost += max(0, self._lines - lines)
        self._rows, self._lines = rows, lines


def live(place: Place) -> Life:
    """The whole life of an app: first release, the same again, a rehearsal, a broken one, the second, the way back."""
    life = Life(place)
    life.begin()
    if not life.broken:
        life.again()
        life.rehearse()
        life.fail()
        life.restore()
    return life


def refusal(place: Place) -> str | None:
    """Ship an app that has to be refused, and say what is not as it has to be: None where all is well."""
    animal, version = place.animal, "1.1.0" if place.animal.refused_next else "1.0.0"
    if animal.refused_next:
        life = Life(place)
        life.begin()
        if life.wrong:
            return "; ".join(life.wrong)
    before, rows, lines = place.containers(), place.rows(), place.lines()
    try:
        report = deploy(place.task(version), place.server)
    except EngineError as error:  # the files of the release are refused before there is a task
        return _wrong(animal.refused, str(error))
    if (place.containers(), place.rows(), place.lines()) != (before, rows, lines) or report.changed:
        return f"{animal.name}: something was changed: {report.error}"
    return _wrong(animal.refused or animal.refused_next, report.error)


def _wrong(pattern: str, said: str | None) -> str | None:
    return None if said and re.search(pattern, said) else f"says {said!r} instead of {pattern!r}"
