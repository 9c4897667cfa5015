"""Tally: what was counted so far, in a file of the home, so that a restart counts nothing twice and forgets nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from pipeline_defs.observing.ended_runs import Cursor
from pipeline_defs.observing.histogram import BOUNDS, Distribution

FILE = "observed.json"
"""In the home. It may be removed: then counting begins anew, which Prometheus takes as what it is."""


class Tally(BaseModel):
    """Counts and distributions by their labels, and up to where they were counted.

    Attributes:
        bounds: those of the distributions; with others it is begun anew.
        cursor: of the runs that ended; None before the first look.
        runs: how many ended, by job and state.
        waited: seconds in the queue, by job.
        stages: seconds of each stage, by job, stage and outcome.
        delivered: when the newest delivery that was counted was done, in seconds since 1970.
        deliveries: seconds from a delivery to what came of it, by outcome.
    """

    bounds: tuple[float, ...] = BOUNDS
    cursor: Cursor | None = None
    runs: dict[str, dict[str, int]] = {}
    waited: dict[str, Distribution] = {}
    stages: dict[str, dict[str, dict[str, Distribution]]] = {}
    delivered: float = 0.0
    deliveries: dict[str, Distribution] = {}

    @classmethod
    def read(cls, file: Path) -> "Tally":
        """What the file says; an empty one where there is none, or one that nobody can use."""
        try:
            found = cls.model_validate_json(file.read_text())
        except (OSError, ValidationError):
            return cls()
        return found if found.bounds == BOUNDS else cls()

    def write(self, file: Path) -> None:
        """Replace the file in one step. Raises OSError where it cannot be written."""
        new = file.with_name(f"{file.name}.{os.getpid()}")
        new.write_text(self.model_dump_json())
        new.replace(file)

    def add_run(self, job: str, state: str, number: int = 1) -> None:
        """So many more runs that ended."""
        states = self.runs.setdefault(job, {})
        states[state] = states.get(state, 0) + number

    def add_wait(self, job: str, seconds: float) -> None:
        """One more run that was taken from the queue."""
        self.waited.setdefault(job, Distribution()).add(seconds)

    def add_stage(self, job: str, stage: str, outcome: str, seconds: float) -> None:
        """One more stage that ended. The first one that ends otherwise will be one more than none, not the first number of all."""
        outcomes = self.stages.setdefault(job, {}).setdefault(stage, {})
        for each in ("success", "failure"):
            outcomes.setdefault(each, Distribution())
        outcomes[outcome].add(seconds)

    def add_delivery(self, outcome: str, seconds: float) -> None:
        """One more delivery that was done."""
        self.deliveries.setdefault(outcome, Distribution()).add(seconds)

    def each_stage(self) -> Iterator[tuple[list[str], Distribution]]:
        """Job, stage and outcome, with how long those took."""
        for job, stages in self.stages.items():
            for stage, outcomes in stages.items():
                for outcome, seconds in outcomes.items():
                    yield [job, stage, outcome], seconds
