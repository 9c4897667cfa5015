"""Fuzz: each reader of outside text is given text that is almost right."""

from benchmarks.parts import tell
from tests.support.fuzzed import READERS, failures_within


def measure(minutes: float) -> dict[str, int | float]:
    """Errors of any reader that are not its own, within so many minutes for each; and the minutes of all."""
    found = [failure for of in READERS for failure in failures_within(of, minutes * 60)]
    for failure in found:
        tell(failure)
    return {"fuzz_minutes": round(minutes * len(READERS), 2), "fuzz_failures": len(found)}
