"""Step output: follows the steps of one round trip by what the server says of them."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pipeline_defs.server.core.chain import Chain, Said
from pipeline_defs.server.core.step import Step

_MOST_HEARD = 4 * 2**20  # characters kept of a step until it ends, for what is read from them then
_LAST_LINES = 50


class Follower(Protocol):
    """Whoever wants to know how it goes."""

    def begins(self, step: Step) -> None:
        """A step begins."""

    def says(self, line: str) -> None:
        """The step that runs says a line that may be shown."""

    def ends(self, step: Step, seconds: float, outcome: str, heard: list[tuple[float, str]]) -> None:
        """A step ended, done or failed; `heard` is what it said, each line with the time of `time.monotonic`.

        Of very much only the beginning and the last lines are there.
        """


@dataclass(frozen=True)
class _Ended:
    """How a step ended of which this is not told yet."""

    status: int
    seconds: float
    heard: list[tuple[float, str]]


@dataclass
class StepOutput:
    """Takes each line as it comes. The end of the last step, and of one whose words decide, is told by `succeeds` or `fails`, once
    it is known what it came to.
    """

    chain: Chain
    steps: Sequence[Step]
    follower: Follower
    _rest: Iterator[Step] = field(init=False)
    _step: Step | None = None
    _began: float = 0.0
    _heard: list[tuple[float, str]] = field(default_factory=list)
    _last: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    _room: int = _MOST_HEARD
    _ended: dict[str, _Ended] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rest = iter(self.steps)
        self._names = {step.name for step in self.steps}

    def __call__(self, line: str) -> None:
        """A line of the chain's output."""
        self._take(self.chain.hear(line))

    def is_over(self) -> None:
        """Nothing more is heard."""
        self._take(self.chain.rest())

    def _take(self, heard: Iterable[Said]) -> None:
        for said in heard:
            if said.name not in self._names:
                continue
            if said.output is not None:
                self._says(said.output)
            elif said.status is None:
                self._begins(next(self._rest))
            elif self._step is not None:
                step, ended = self._step, self._end(said.status)
                self._ended[step.name] = ended
                if said.status == 0 and not step.decides and step is not self.steps[-1]:
                    self.succeeds(step)

    def succeeds(self, step: Step) -> None:
        """A step went well; most have told so themselves."""
        self._tell(step, "done")

    def fails(self, step: Step) -> None:
        """A step failed."""
        self._tell(step, "failed")

    def breaks_off(self) -> None:
        """Nothing more is heard: what ran has failed, and of what had ended before it is told how."""
        self.is_over()
        if (step := self._step) is not None:
            self._ended[step.name] = self._end(1)
        for step in self.steps:
            if step.name in self._ended:
                self._tell(step, "failed" if self._ended[step.name].status else "done")

    def _begins(self, step: Step) -> None:
        self._step, self._began, self._heard, self._room = step, time.monotonic(), [], _MOST_HEARD
        self._last.clear()
        self.follower.begins(step)

    def _says(self, line: str) -> None:
        if self._step is not None and not self._step.secret:
            self._room -= len(line) + 1
            (self._heard if self._room >= 0 else self._last).append((time.monotonic(), line))
            self.follower.says(line)

    def _end(self, status: int) -> _Ended:
        self._step = None
        return _Ended(status, round(time.monotonic() - self._began, 3), [*self._heard, *self._last])

    def _tell(self, step: Step, outcome: str) -> None:
        ended = self._ended.pop(step.name, None)
        if ended is not None:
            self.follower.ends(step, ended.seconds, outcome, ended.heard)
