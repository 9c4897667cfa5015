"""The walk: an attempt on an app of the menagerie fails at one step after the other, on a real server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline_defs.release.records import Outcome
from pipeline_defs.server.core.task import Report
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.support.faulty import EARLY, KILLED, LATE, Faulty, Killed
from tests.support.menagerie import Animal, Place, Seen, animals, by_id, kinds

DEPLOYMENT, ROLLBACK, RESTORE, REHEARSAL = "deployment", "rollback", "restore", "rehearsal"
_WAYS = (EARLY, LATE, KILLED)
_PREPARES = (
    *("snapshot", "files", "compose file", "images", "data", "services", "outside before", "router", "pull"),
    *("backup", "revision before", "room", "database status", "looks"),
)
"""Steps that change nothing and are the same for all apps: of these each app has some fail, of the others all."""
_EACH = 4
_CLEANS = ("down", "copy removed", "tidy")
"""Steps of a rehearsal that remove it: where one of them fails something is left, for the next one to remove."""


@dataclass
class Walk:
    """An app whose attempt fails at one step after the other, and what was wrong then: nothing, if all is well.

    The attempt is a deployment of the second version on the first; a rollback from the second to the first, or a restore, which is
    one with the database of `backup`; or a rehearsal of the second version while the first one runs. `points` are the failures so
    far, `attempts` all deployments, rollbacks and rehearsals. A failure after which what ran before does not run, or the database is
    another one, is `broken`; one that changed something, and is reported as if it had not, is `wrongly_unchanged`.
    """

    place: Place
    attempt: str
    backup: str | None = None
    points: int = 0
    attempts: int = 0
    restores: int = 0
    rows_lost: int = 0
    files_lost: int = 0
    broken: list[str] = field(default_factory=list)
    wrongly_unchanged: list[str] = field(default_factory=list)
    _rows: int = 0
    _lines: int = 0

    @property
    def base(self) -> str:
        """The version that runs before each attempt."""
        return "1.1.0" if self.attempt in (ROLLBACK, RESTORE) else "1.0.0"

    @property
    def wrong(self) -> list[str]:
        """Everything that was not as it has to be."""
        lost = [f"{self.rows_lost} rows, {self.files_lost} lines lost"] if self.rows_lost or self.files_lost else []
        return [*self.broken, *self.wrongly_unchanged, *lost]

    def begin(self) -> None:
        """What runs before the first attempt, with data."""
        self._deploy("1.0.0")
        if self.base == "1.1.0":
            self.backup = self._deploy("1.1.0").backup
            assert self.backup or self.attempt != RESTORE, "a release with a database is deployed without a backup"
        self.place.write_data()
        self._count()

    def steps(self) -> list[str]:
        """The steps of the attempt, found by letting it succeed once; what ran before runs again afterwards."""
        watched = Faulty(self.place.server, "", EARLY)
        report = self._try(watched)
        assert report.error is None, report.error
        if self.attempt != REHEARSAL:
            self.restores += self.attempt == RESTORE
            self._to_base()
        return list(dict.fromkeys(watched.steps))

    def fail(self, step: str, how: str) -> None:
        """Let the attempt fail at a step, and answer that as the report says, or as the next run does after it was killed."""
        place, where = self.place, f"{self.place.animal.name}, {self.attempt}, {step}, {how}"
        place.set_revision(self.base)
        before, revision = place.containers(), place.read("/data/revision")
        faulty = Faulty(place.server, step, how)
        report = self._failed(faulty)
        assert faulty.failed, f"{where}: did not fail"
        self.points += 1
        after = place.containers()
        if self.attempt == REHEARSAL:
            self._after_rehearsal(where, step, how, by_id(before) == by_id(after))
            return
        changed = by_id(before) != by_id(after) or revision != place.read("/data/revision")
        if report is not None and changed and not report.changed:
            self.wrongly_unchanged.append(f"{where}: {report.error}")
        if report is None or report.changed:
            self._answer(where, before, revision)
        elif kinds(before) != kinds(after):
            self.broken.append(f"{where}: other containers run")
        self._look_for_data()

    def _failed(self, faulty: Faulty) -> Report | None:
        """The report of an attempt that fails; None of one that was killed."""
        try:
            report = self._try(faulty)
        except Killed:
            return None
        assert report.outcome is Outcome.FAILED or self.attempt == REHEARSAL, faulty.step
        return report

    def _try(self, server: Faulty) -> Report:
        self.attempts += 1
        tries: dict[str, Callable[[], Report]] = {
            DEPLOYMENT: lambda: deploy(self.place.task("1.1.0"), server),
            ROLLBACK: lambda: rollback(self.place.task("1.0.0"), server),
            RESTORE: lambda: rollback(self.place.task("1.0.0", restore_from=self.backup), server),
            REHEARSAL: lambda: rehearse(self.place.task("1.1.0", environment="staging"), server, self.place.site),
        }
        return tries[self.attempt]()

    def _answer(self, where: str, before: list[Seen], revision: str) -> None:
        self.attempts += 1
        answer = rollback(self.place.task(None), self.place.server)
        if answer.error or answer.live is None:
            self.broken.append(f"{where}: {answer.error}")
        elif answer.live.version == self.base:
            self._compare(f"{where}, left {answer.left}", before)
            if self.base == "1.1.0" and self.place.read("/data/revision") != revision:
                self.broken.append(f"{where}: the database is another one")
        else:  # it had come as far as the switch
            self._to_base()
            self._compare(where, before)

    def _compare(self, where: str, before: list[Seen]) -> None:
        other = set(kinds(before)) ^ set(kinds(self.place.containers()))
        if other:
            self.broken.append(f"{where}: {sorted(other)}")

    def _after_rehearsal(self, where: str, step: str, how: str, untouched: bool) -> None:
        """A rehearsal changes nothing of production, and leaves nothing behind that the next one does not remove."""
        if not untouched:
            self.broken.append(f"{where}: production has changed")
        if self.place.left_of_staging():
            if how != KILLED and step not in _CLEANS:
                self.broken.append(f"{where}: something of it is left")
            self.attempts += 1
            again = rehearse(self.place.task("1.1.0", environment="staging"), self.place.server, self.place.site)
            if again.error or (left := self.place.left_of_staging()):
                self.broken.append(f"{where}: the next one: {again.error or left}")
        self._look_for_data()

    def _deploy(self, version: str) -> Report:
        self.attempts += 1
        report = deploy(self.place.task(version), self.place.server)
        assert report.error is None, report.error
        return report

    def _to_base(self) -> None:
        self.attempts += 1
        task = self.place.task(self.base)
        report = deploy(task, self.place.server) if self.base == "1.1.0" else rollback(task, self.place.server)
        assert report.error is None, report.error
        if self.attempt == RESTORE:  # rows from after the backup are gone as they have to be
            self.place.write_data()
            self._count()

    def _count(self) -> None:
        self._rows, self._lines = self.place.rows(), self.place.lines()

    def _look_for_data(self) -> None:
        rows, lines = self._rows, self._lines
        self._count()
        self.rows_lost += max(0, rows - self._rows)
        self.files_lost += max(0, lines - self._lines)


def attempts_of(animal: Animal) -> tuple[str, ...]:
    """What can fail of an app: also a restore where it has a database that can be restored, and a rehearsal where it has one at all."""
    database = "database" in animal.keys
    restore = (RESTORE,) if database and "restore" not in animal.expect else ()
    return (DEPLOYMENT, ROLLBACK, *restore, *((REHEARSAL,) if database and "rehearsal" not in animal.expect else ()))


def points(steps: Sequence[str], number: int) -> list[tuple[str, str]]:
    """The steps that fail of an app's attempt, and how: apps of other numbers have others of those that change nothing, and other ways."""
    chosen = [step for place, step in enumerate(steps) if step not in _PREPARES or place % _EACH == number % _EACH]
    return [(step, _WAYS[(place + number) % len(_WAYS)]) for place, step in enumerate(chosen)]


def walk(place: Place, attempt: str) -> Walk:
    """Let the steps of an attempt fail in turn: instead of being done, after they were done, or as the run is killed."""
    number = [each.name for each in animals()].index(place.animal.name)
    made = Walk(place, attempt)
    made.begin()
    for step, how in points(made.steps(), number):
        made.fail(step, how)
    return made
