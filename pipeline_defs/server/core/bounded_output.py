"""Bounded output: lines of output heard within a bound of bytes, however many come: the first at once, the last in the end."""

from collections import deque

from pipeline_defs.server.core.command import Listener

_COUNTED = 64  # bytes beside a line's own: what keeping it costs in memory


class Bounded:
    """A listener that passes on so many bytes of what it hears: one half as it comes, and of the rest the last half when it is closed.

    Between the two stands a line that says how many bytes were left out. What it keeps in memory is never more than the bound.
    """

    def __init__(self, listen: Listener, most: int) -> None:
        """`most` is the bound in bytes."""
        self._listen = listen
        self._half = max(most // 2, 1)
        self._room = self._half
        self._tail: deque[tuple[str, int]] = deque()
        self._held = False
        self._kept = self._left_out = self._left_lines = 0

    def __call__(self, line: str) -> None:
        """Hear a line."""
        size = len(line.encode(errors="replace")) + 1
        if not self._held and size <= self._room:
            self._room -= size
            self._listen(line)
            return
        self._held = True
        self._tail.append((line, size))
        self._kept += size + _COUNTED
        while self._kept > self._half:
            gone = self._tail.popleft()[1]
            self._kept -= gone + _COUNTED
            self._left_out += gone
            self._left_lines += 1

    def close(self) -> None:
        """Pass on what was held back. What comes after that is heard at once while there is room for it."""
        if self._left_out:
            self._listen(f"… {self._left_out} bytes in {self._left_lines} lines left out …")
        for line, _ in self._tail:
            self._listen(line)
        self._tail.clear()
        self._held = False
        self._kept = self._left_out = self._left_lines = 0
