"""Size: what Shipline costs with so many idle apps, and how soon it notices that a branch of theirs has moved."""

import os
import tempfile
import time
from pathlib import Path

from benchmarks.idle.ground import Ground
from benchmarks.idle.noticed import latencies
from benchmarks.idle.usage import Usage
from benchmarks.parts import tell

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
