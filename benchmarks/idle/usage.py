"""Usage: processor time and memory of a Shipline's processes, as the kernel counts them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import psutil

from pipeline_defs.cli.running_service import Service


@dataclass
class Usage:
    """What processes have used since `begin`, by name; the children that ended meanwhile are counted with their parents."""

    service: Service
    _before: Mapping[str, float] = field(default_factory=dict)
    _began: float = 0.0

    def begin(self) -> None:
        """Count from now on."""
        self._before, self._began = self._seconds(), time.monotonic()

    def shares(self) -> dict[str, float]:
        """Which part of one core each has used."""
        passed = time.monotonic() - self._began
        return {name: (seconds - self._before.get(name, 0.0)) / passed for name, seconds in self._seconds().items()}

    def memory_mb(self) -> float:
        """What they hold of the memory together; what they share is counted once for each."""
        return float(sum(each.memory_info().rss for found in self._processes().values() for each in found)) / 2**20

    def _seconds(self) -> dict[str, float]:
        return {name: sum(sum(each.cpu_times()[:4]) for each in found) for name, found in self._processes().items()}

    def _processes(self) -> dict[str, list[psutil.Process]]:
        found = {name: psutil.Process(pid) for name, pid in self.service.pids.items()}
        own = {process.pid for process in found.values()}
        return {
            name: [
                process,
                *([] if name == "up" else (each for each in process.children(recursive=True) if each.pid not in own)),
            ]
            for name, process in found.items()
        }
