"""The walk: an attempt on an app of the menagerie fails at one step after the other, on a real server."""

from dataclasses import dataclass, field, replace

from pipeline_defs.release.records import Outcome
from pipeline_defs.server.command import Command, Listener, Result, Runner
from pipeline_defs.server.deploy import deploy
from pipeline_defs.server.rollback import rollback
from pipeline_defs.server.task import Report
from tests.support.menagerie import Animal, Place, Seen, by_id, kinds


@dataclass
class Faulty:
    """The real server, on which one step fails, once: instead of being executed, or, `late`, after it was."""

    server: Runner
    step: str
    late: bool
    failed: bool = False
    steps: list[str] = field(default_factory=list)

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        return self.server.run(self._broken(command), timeout=timeout, listen=listen)

    def _broken(self, command: Command) -> Command:
        """The command with a failing link, where it is a chain that has the step. Links are those of `server/chain.py`."""
        argv = command.argv
        if argv[:2] != ("sh", "-euc") or not argv[4].startswith("\x1e"):
            return command
        changed, rest = list(argv[:5]), list(argv[5:])
        while rest:
            verb, name, size, file, count = rest[:5]
            words, rest = rest[5 : 5 + int(count)], rest[5 + int(count) :]
            if verb != "start" and not name.startswith(("note in the ", "ask ", "lock", "unlock", "fence")):
                self.steps.append(name)
            if name == self.step and verb in ("do", "start") and not self.failed:
                self.failed = True
                does = '"$@"; ' if self.late else "cat >/dev/null; "
                words = ["sh", "-c", f'{does}echo "it does not work today" >&2; exit 1', "sh", *words]
            changed += [verb, name, size, file, str(len(words)), *words]
        return replace(command, argv=tuple(changed))


@dataclass
class Walk:
    """An app whose attempt fails at one step after the other, and what was wrong then: nothing, if all is well.

    The attempt is a deployment of the second version on the first; or, `back`, a rollback from the second to the first, to which the
    database is restored if a `backup` is given. `points` are the failures so far, `attempts`
    all deployments and rollbacks. A failure after which what ran before does not run
    is `broken`; one that changed something, and is reported as if it had not, is `wrongly_unchanged`.
    """

    place: Place
    back: bool = False
    backup: str | None = None
    points: int = 0
    attempts: int = 0
    broken: list[str] = field(default_factory=list)
    wrongly_unchanged: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The version that runs before each attempt."""
        return "1.1.0" if self.back else "1.0.0"

    def steps(self) -> list[str]:
        """The steps of the attempt, found by letting it succeed once; what ran before runs again afterwards."""
        watched = Faulty(self.place.server, "", late=False)
        report = self._attempt(watched)
        assert report.error is None, report.error
        self._to_base()
        return list(dict.fromkeys(watched.steps))

    def fail(self, step: str, *, late: bool) -> None:
        """Let the attempt fail at a step, and answer that as the report says."""
        place, where = self.place, f"{self.place.animal.name}, {step}, {'late' if late else 'early'}"
        place.set_revision(self.base)
        before, revision = place.containers(), place.read("/data/revision")
        faulty = Faulty(place.server, step, late=late)
        report = self._attempt(faulty)
        assert faulty.failed and report.outcome is Outcome.FAILED, where
        self.points += 1
        after = place.containers()
        changed = by_id(before) != by_id(after) or revision != place.read("/data/revision")
        if changed and not report.changed:
            self.wrongly_unchanged.append(f"{where}: {report.error}")
        if report.changed:
            self._answer(where, before, revision)
        elif kinds(before) != kinds(after):
            self.broken.append(f"{where}: other containers run")

    def _attempt(self, server: Runner) -> Report:
        self.attempts += 1
        if self.back:
            return rollback(self.place.task("1.0.0", restore_from=self.backup), server)
        return deploy(self.place.task("1.1.0"), server)

    def _answer(self, where: str, before: list[Seen], revision: str) -> None:
        self.attempts += 1
        answer = rollback(self.place.task(None), self.place.server)
        if answer.error or answer.live is None:
            self.broken.append(f"{where}: {answer.error}")
        elif answer.live.version == self.base:
            self._compare(f"{where}, left {answer.left}", before)
            if self.back and self.place.read("/data/revision") != revision:
                self.broken.append(f"{where}: the database is another one")
        else:  # it had come as far as the switch
            self._to_base()
            self._compare(where, before)

    def _compare(self, where: str, before: list[Seen]) -> None:
        other = set(kinds(before)) ^ set(kinds(self.place.containers()))
        if other:
            self.broken.append(f"{where}: {sorted(other)}")

    def _to_base(self) -> None:
        self.attempts += 1
        task = self.place.task(self.base)
        report = deploy(task, self.place.server) if self.back else rollback(task, self.place.server)
        assert report.error is None, report.error


def attempts_of(animal: Animal) -> tuple[str, ...]:
    """What can fail of an app: a `deployment`, a `rollback`, and a `restore` where it has a database that can be restored."""
    restorable = "database" in animal.keys and "restore" not in animal.expect
    return ("deployment", "rollback", *(["restore"] if restorable else []))


def walk(place: Place, attempt: str) -> Walk:
    """Let each step of an attempt fail in turn, one early, the next one late, on a server that knows nothing of the app yet."""
    report = deploy(place.task("1.0.0"), place.server)
    assert report.error is None, report.error
    if attempt != "deployment":
        report = deploy(place.task("1.1.0"), place.server)
        assert report.error is None, report.error
    made = Walk(place, back=attempt != "deployment", backup=report.backup if attempt == "restore" else None)
    assert made.backup or attempt != "restore", "a release with a database is deployed without a backup"
    for number, step in enumerate(made.steps()):
        made.fail(step, late=number % 2 == 0)
    return made
