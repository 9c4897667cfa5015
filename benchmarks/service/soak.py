"""Soak: many runs one after another, and whether memory and disk of each component stay what they are after the first hundred."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import linear_regression

from benchmarks.parts import Failed, Tell
from benchmarks.service.figures import Figures
from benchmarks.service.ground import APP, Ground
from tests.support.service_page import OVER
from tests.testbed import docker

RUNS = int(os.environ.get("RUNS") or 500)
WARM = 100
"""Runs after which each program has loaded what it uses, and caches are full."""

EVERY = 25
"""Runs between two looks."""

AT_ONCE = 4
_UNITS = {"B": 1e-6, "KiB": 2**10 / 1e6, "MiB": 2**20 / 1e6, "GiB": 2**30 / 1e6}


def measure(ground: Ground, tell: Tell) -> Figures:
    """Run them, and fit a line through what is looked at after the first hundred; megabytes for each hundred runs."""
    already = len(ground.service.runs())
    seen: list[tuple[int, dict[str, float], float]] = []
    began, asked = time.monotonic(), 0
    while (ended := _ended(ground) - already) < RUNS:
        going = len(ground.service.runs()) - already - ended
        for _ in range(min(AT_ONCE - going, RUNS - asked)):
            ground.service.launch(f"{APP}_integrate")
            asked += 1
        if ended >= WARM and (not seen or ended >= seen[-1][0] + EVERY):
            seen.append((ended, memory(ground), disk(ground)))
            used, kept = sum(seen[-1][1].values()), seen[-1][2]
            tell(f"{ended} runs after {time.monotonic() - began:.0f} s: {used:.0f} MB of memory, {kept:.1f} MB on disk")
        if time.monotonic() > began + RUNS * 60:
            raise Failed(f"only {ended} of {RUNS} runs have ended after {RUNS} minutes")
        time.sleep(1)
    if len(seen) < 2:
        raise Failed(f"{RUNS} runs are too few to see a slope after the first {WARM}")
    slopes = {name: slope({number: each[name] for number, each, _ in seen}) for name in seen[0][1]}
    tell("memory, MB for each 100 runs: " + ", ".join(f"{name} {value:+.1f}" for name, value in sorted(slopes.items())))
    return {
        "soak_runs": RUNS,
        "memory_mb_per_100_runs": round(sum(slopes.values()), 1),
        "disk_mb_per_100_runs": round(slope({number: used for number, _, used in seen}), 1),
    }


def slope(values: Mapping[int, float]) -> float:
    """Of the line through values by their run's number, for each hundred runs."""
    return float(linear_regression(list(values), list(values.values())).slope) * 100


def _ended(ground: Ground) -> int:
    return sum(status in OVER for status in ground.service.runs().values())


def memory(ground: Ground) -> dict[str, float]:
    """Megabytes that each component uses, without what the kernel caches of files."""
    names = {each["Name"].lstrip("/"): name for name, each in ground.service.containers().items()}
    lines = docker.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names).splitlines()
    found = (re.fullmatch(r"(\S+) ([0-9.]+)([KMG]?i?B) / .*", line) for line in lines)
    return {names[each[1]]: float(each[2]) * _UNITS[each[3]] for each in found if each}


def disk(ground: Ground) -> float:
    """Megabytes of the service's folder and of its database."""
    files = (Path(folder) / name for folder, _, names in os.walk(ground.service.folder) for name in names)
    own = sum(file.lstat().st_size for file in files if file.exists() or file.is_symlink())
    query = "select pg_database_size('shipline')"
    database = ground.service.words("exec", "-T", "database", "psql", "-U", "shipline", "-tAc", query)
    return (own + int(database)) / 1e6
