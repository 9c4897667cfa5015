"""Moments: what happens while a procedure runs, told as it comes: round trips, and the steps within them."""

import re
from collections.abc import Callable

from pipeline_defs.server.core.command import Command, Listener, Result, Runner

_FRAME = re.compile("\x1e[0-9a-f]{16} (begin|end) (.*)$")
_BEAT = "a sign of life"


class Moments:
    """The real server. Each moment is told by a text.

    `send A, B` and `answered A, B` are right before a round trip and right after it; `begin A` and `end A` are when the server is
    heard to begin a step or to have ended it. Signs of life are passed over: when they come is chance.
    """

    def __init__(self, server: Runner, tell: Callable[[str], None]) -> None:
        self.server, self.tell = server, tell

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        trip = command.shown()
        if trip == _BEAT:
            return self.server.run(command, timeout=timeout, listen=listen)
        step = ""

        def hear(line: str) -> None:
            nonlocal step
            if frame := _FRAME.search(line):
                kind, value = frame.groups()
                step = value if kind == "begin" else step
                self.tell(f"{kind} {step}")
            if listen:
                listen(line)

        self.tell(f"send {trip}")
        result = self.server.run(command, timeout=timeout, listen=hear)
        self.tell(f"answered {trip}")
        return result
