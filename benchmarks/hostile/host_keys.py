"""Host keys: whether a server is spoken to whose key is unknown, changed, of another kind, certified or revoked."""

import random
import tempfile
from pathlib import Path

from benchmarks.parts import tell
from tests.support.shown_keys import RIGHT, WRONG, tried, tries


def measure(count: int = 100, seed: int = 1) -> dict[str, int | float]:
    """Connections, and wrong keys that were taken. A right key that was refused is told, and counts as one."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, kind, right in tries(count, random.Random(seed)):
            seen = tried({**WRONG, **RIGHT}[name], kind, Path(folder))
            if seen.accepted is not right:
                wrong += 1
                tell(f"{name}, {kind}: {'taken' if seen.accepted else seen.said}")
    return {"host_key_tries": count, "host_key_accepted": wrong}
