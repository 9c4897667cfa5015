"""Results: all samples of one call as a JSON file, with what they were measured on."""

import json
import os
import platform
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.summary.figures import NAMES, Samples, figure
from pipeline_defs.config.home import PROJECT

FOLDER = PROJECT / "benchmarks" / "results"


class Results:
    """What was measured until now. The file is written anew after each part, so that what ends early has what it measured."""

    def __init__(self) -> None:
        self.file = FOLDER / f"bench-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
        self._samples: dict[str, list[float]] = defaultdict(list)
        self._load = [os.getloadavg()[0]]

    def add(self, figures: dict[str, Any], found: Samples) -> None:
        """Add a part's samples, and put the figures of all samples so far among the others."""
        for name, values in found.items():
            self._samples[name] += values
            figures[name] = figure(name, self._samples[name])
        self._load.append(os.getloadavg()[0])
        self._write(figures)

    def _write(self, figures: Mapping[str, Any]) -> None:
        told = {name: self._told(name, figures[name]) if name in figures else None for name in NAMES}
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": self._load}
        FOLDER.mkdir(exist_ok=True)
        self.file.write_text(json.dumps({"commit": _commit(), **machine, "figures": told}, indent=1) + "\n")

    def _told(self, name: str, value: float) -> dict[str, float]:
        values = self._samples[name]
        spread = {"min": round(min(values), 4), "max": round(max(values), 4)}
        return {"value": value, **spread, "times": len(values)}


def _commit() -> str:
    """The commit that was measured, empty where this is no clone."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=PROJECT, capture_output=True, text=True)
    return done.stdout.strip()
