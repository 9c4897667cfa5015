"""`make bench-idle`: shares of a core, memory, storage and latency with 1, 10, 50 and 100 idle apps; ends within 8 minutes."""

import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks.idle.ground import Ground
from benchmarks.idle.noticed import latencies
from benchmarks.idle.usage import Usage
from benchmarks.parts import clean_up_on_sigterm, tell

_SETTLE, _IDLE, _MOVING, _MOVES = 15.0, 50.0, 25.0, 20


def measure(count: int) -> dict[str, float]:
    """All figures with so many apps."""
    idle = float(os.environ.get("SECONDS_IDLE") or _IDLE)
    with tempfile.TemporaryDirectory(prefix="shipline-idle-") as folder:
        ground = Ground(Path(folder), count)
        with ground.running() as service:
            time.sleep(_SETTLE)
            usage, before = Usage(service), ground.storage_bytes()
            usage.begin()
            time.sleep(idle)
            shares, grown = usage.shares(), ground.storage_bytes() - before
            memory = usage.memory_mb()
            tell(f"{count} apps: " + ", ".join(f"{name} {share:.1%}" for name, share in shares.items()))
            seen = latencies(ground, _MOVES, _MOVING)
    return {
        f"idle_core_share_{count}": round(sum(shares.values()), 4),
        f"memory_mb_{count}": round(memory),
        f"database_kb_per_hour_{count}": round(grown / 1024 * 3600 / idle),
        f"noticed_p50_s_{count}": round(seen[len(seen) // 2], 2),
        f"noticed_p95_s_{count}": round(seen[-1 - len(seen) // 20], 2),
    }


def main() -> None:
    """Measure each size and print one JSON object."""
    clean_up_on_sigterm()
    figures: dict[str, float] = {}
    for word in (os.environ.get("APPS") or "1 10 50 100").split():
        figures |= measure(int(word))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
