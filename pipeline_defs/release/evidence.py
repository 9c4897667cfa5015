"""Evidence: machine-readable results that belong to a release."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from pipeline_defs.release.byte_size import size

NOTHING_RAN = "no test ran, which proves nothing; see why, or set allow_empty: true"


class Record(BaseModel):
    """A fact that is written once and never edited."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Failure(Record):
    """One test that did not pass: its name and the first lines of what it said."""

    name: str
    message: str


class TestCounts(Record):
    """What a test run counted. `tests` includes the failed, broken and skipped ones; `seconds` is the suites' own sum."""

    __test__ = False  # for pytest: not a test class

    tests: int
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failed: tuple[Failure, ...] = ()

    @property
    def passed(self) -> bool:
        """True when something ran and nothing failed or broke."""
        return not self.empty and not self.bad

    @property
    def bad(self) -> int:
        """How many tests failed or broke."""
        return self.failures + self.errors

    @property
    def empty(self) -> bool:
        """True when no test ran: there was none, or all were skipped."""
        return self.tests - self.skipped <= 0

    def refusal(self, *, allow_empty: bool) -> str | None:
        """Why these results are no proof although the program that made them ended well; None where they are one."""
        if self.bad:
            return f"the results count {self}, though the tests ended with status 0"
        if self.empty and not allow_empty:
            return (
                NOTHING_RAN.replace("no test ran", f"all {self.tests} tests were skipped")
                if self.tests
                else NOTHING_RAN
            )
        return None

    def __add__(self, other: Self) -> "TestCounts":
        return TestCounts(
            tests=self.tests + other.tests,
            failures=self.failures + other.failures,
            errors=self.errors + other.errors,
            skipped=self.skipped + other.skipped,
            seconds=round(self.seconds + other.seconds, 3),
            failed=self.failed + other.failed,
        )

    def __str__(self) -> str:
        parts = [f"{self.tests - self.bad - self.skipped} passed"]
        parts += [f"{self.bad} failed"] if self.bad else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        return f"{', '.join(parts)} in {self.seconds:.1f} s"


class LintCounts(Record):
    """What lint found: `errors` stop the stage, `warnings` are only reported. `command` is what ran."""

    command: str
    errors: int = 0
    warnings: int = 0
    by_code: dict[str, int] = {}


class StepTiming(Record):
    """One executed step of a stage or procedure: how long it took and how it ended."""

    step: str
    seconds: float
    outcome: str = "done"  # done, failed, undone


class Copy(Record):
    """The copy of production's database that a rehearsal ran on.

    Attributes:
        bytes: the size of the database in production, None where nobody can tell.
        dump_bytes: the size of the backup it was made from.
        tables, rows: what was counted in the backup's own snapshot, and found again in the copy; None where nothing was counted.
        backup_seconds, restore_seconds: how long it took to write and to read.
        sanitized: whether it was made harmless before the app saw it.
    """

    bytes: int | None = None
    dump_bytes: int | None = None
    tables: int | None = None
    rows: int | None = None
    backup_seconds: float = 0.0
    restore_seconds: float = 0.0
    sanitized: bool = False

    def __str__(self) -> str:
        parts = [f"{self.rows:,} rows in {self.tables} tables"] if None not in (self.rows, self.tables) else []
        parts += [f"database {size(self.bytes)}"] if self.bytes is not None else []
        parts += [f"dump {size(self.dump_bytes)}"] if self.dump_bytes is not None else []
        parts += [f"restored in {self.restore_seconds:.1f} s", *(["sanitized"] if self.sanitized else [])]
        return ", ".join(parts)


class Migration(Record):
    """One migration as it ran on the real copy: the revisions it led from and to, empty where unknown, and its seconds."""

    before: str
    after: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.before or 'nothing'} -> {self.after or '?'}: {self.seconds:.1f} s"


class Verdict(StrEnum):
    """What it takes to go back to the release that ran before."""

    COMPATIBLE = "compatible"  # its image alone: it works on the migrated database
    NEEDS_DOWNGRADE = "needs downgrade"  # it works once the migrations are taken back
    NEEDS_RESTORE = "needs restore"  # only on a database from before the migration


class WayBack(Record):
    """Whether the release that runs in production works on the database as the rehearsed release leaves it.

    Attributes:
        verdict: what it takes to go back.
        version, digest: of the release that was tried on the migrated copy.
        revision: the migration revision it runs on, to which a downgrade leads; None where nobody can tell.
        reason: why the verdict is no better, in the words of what failed; empty for "compatible".
    """

    verdict: Verdict
    version: str
    digest: str
    revision: str | None = None
    reason: str = ""

    @property
    def brief(self) -> str:
        """`way back to 1.4.1: needs downgrade to 0002`."""
        to = f" to {self.revision}" if self.verdict is Verdict.NEEDS_DOWNGRADE and self.revision else ""
        return f"way back to {self.version}: {self.verdict}{to}"

    def __str__(self) -> str:
        return f"{self.brief}, because {self.reason}" if self.reason else self.brief
