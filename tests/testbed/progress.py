"""How long work shows what it is doing: one line a step with its seconds, or a live display on a terminal."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Progress:
    """Tells the steps of the test bed as they happen. Steps may run in several threads at once.

    On a terminal the unfinished steps turn beside a spinner; elsewhere each step is one line when it ends. `write`
    receives every finished line; by default it is printed.
    """

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        """Seconds per finished step, in the order they ended."""
        self._console = Console(highlight=False)
        self._write = write or (lambda line: self._console.print(line, markup=False, soft_wrap=True))
        self._live = write is None and self._console.is_terminal
        self._running: list[str] = []
        self._status: Status | None = None
        self._mutex = threading.Lock()

    def say(self, line: str) -> None:
        """One line that is not a step."""
        self._write(line)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Name what is going on inside the block; its seconds are told and kept when it ends."""
        began = time.monotonic()
        self._show(add=name)
        outcome = "failed"
        try:
            yield
            outcome = ""
        finally:
            self.seconds[name] = time.monotonic() - began
            self._show(remove=name)
            self._write(f"{self.seconds[name]:6.1f} s  {name} {outcome}".rstrip())

    def _show(self, add: str | None = None, remove: str | None = None) -> None:
        with self._mutex:
            if add:
                self._running.append(add)
            if remove:
                self._running.remove(remove)
            if not self._live:
                return
            if self._running and self._status is None:
                self._status = self._console.status("")
                self._status.start()
            if self._status is not None:
                self._status.update(" · ".join(self._running))
            if not self._running and self._status is not None:
                self._status.stop()
                self._status = None
