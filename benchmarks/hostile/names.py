"""Names: what git, GitHub and Compose take for names, through a shell, and through what is told of them."""

import random
import tempfile
from pathlib import Path

from benchmarks.parts import tell
from tests.support.hostile_names import branches, invalid_tags, mistaken, texts


def measure(count: int = 10_000, seed: int = 1) -> dict[str, int | float]:
    """Names that were executed, broke a stage, or became an invalid tag or text."""
    chance = random.Random(seed)
    some = branches(count // 2, chance)
    given = [*some, *texts(count - len(some), chance)]
    with tempfile.TemporaryDirectory() as folder:
        wrong = mistaken(given, Path(folder))
        ran = len(list(Path(folder).iterdir()))
    crashed, invalid = 0, list[str]()
    for name in given:
        try:
            invalid += invalid_tags(name)
        except Exception as error:
            crashed += 1
            tell(f"{name!r}: {error!r}")
    tell(f"{len(wrong)} names reached a program changed; invalid: {invalid[:5]}")
    return {"names": len(given), "executed": ran + len(wrong), "crashed": crashed, "invalid_tags": len(invalid)}
