"""Hearing: follows the steps of one round trip by what the server says of them."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline_defs.server.chain import Chain
from pipeline_defs.server.step import Step


class Follower(Protocol):
    """Whoever wants to know how it goes."""

    def begins(self, step: Step) -> None:
        """A step begins."""

    def says(self, line: str) -> None:
        """The step that runs says a line that may be shown."""

    def ends(self, step: Step, seconds: float, outcome: str, heard: list[tuple[float, str]]) -> None:
        """A step ended, done or failed; `heard` is what it said, each line with the time of `time.monotonic`."""


@dataclass
class Hearing:
    """Takes each line as it comes. The end of the last step is told by `succeeds` or `fails`, once it is known what it came to."""

    chain: Chain
    steps: Sequence[Step]
    follower: Follower
    _rest: Iterator[Step] = field(init=False)
    _step: Step | None = None
    _began: float = 0.0
    _heard: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rest = iter(self.steps)
        self._names = {step.name for step in self.steps}

    def __call__(self, line: str) -> None:
        """A line of the chain's output."""
        for said in self.chain.hear(line):
            if said.name not in self._names:
                continue
            if said.output is not None:
                self._says(said.output)
            elif said.status is None:
                self._begins(next(self._rest))
            elif said.status == 0 and self._step is not self.steps[-1]:
                self._ends("done")

    def succeeds(self, step: Step) -> None:
        """A step went well; all but the last have told so themselves."""
        if self._step is step:
            self._ends("done")

    def fails(self) -> None:
        """What ran last failed."""
        if self._step is not None:
            self._ends("failed")

    def _begins(self, step: Step) -> None:
        self._step, self._began, self._heard = step, time.monotonic(), []
        self.follower.begins(step)

    def _says(self, line: str) -> None:
        if self._step is not None and not self._step.secret:
            self._heard.append((time.monotonic(), line))
            self.follower.says(line)

    def _ends(self, outcome: str) -> None:
        step, self._step = self._step, None
        assert step is not None
        self.follower.ends(step, round(time.monotonic() - self._began, 3), outcome, self._heard)
