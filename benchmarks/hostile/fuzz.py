"""Fuzz: each reader of outside text is given text that is almost right, and what is kept in the corpus."""

from benchmarks.parts import tell
from tests.support.fuzz_corpus import keep, kept
from tests.support.fuzzed import FAILED, READERS, failures_within, outcome


def measure(minutes: float) -> dict[str, int | float]:
    """Errors of any reader that are not its own, within so many minutes for each; and the minutes of all.

    A text with which one failed is kept in the corpus, in `tests/data/fuzzed`.
    """
    failures = 0
    for of in READERS:
        found = {said: text for text in kept(of) if (said := outcome(of, text)).startswith(FAILED)}
        found |= failures_within(of, minutes * 60)
        for said, text in found.items():
            tell(f"{said} of {text[:200]!r}")
        if found:
            keep(of, *found.values())
        failures += len(found)
    return {"fuzz_minutes": round(minutes * len(READERS), 2), "fuzz_failures": failures}
