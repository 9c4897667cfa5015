"""Evidence: machine-readable results that belong to a release."""

from typing import Self

from pydantic import BaseModel, ConfigDict


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
        return self.tests > 0 and self.failures == 0 and self.errors == 0

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
        bad = self.failures + self.errors
        parts = [f"{self.tests - bad - self.skipped} passed"]
        parts += [f"{bad} failed"] if bad else []
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
