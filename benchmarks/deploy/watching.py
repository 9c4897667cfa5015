"""Watching: the server, and when what happened there."""

import time

from pipeline_defs.server.command import Command, Listener, Result, Runner


class Watching:
    """The server; counts the round trips, and remembers when the first one began and when each step began."""

    def __init__(self, server: Runner) -> None:
        self.server = server
        self.trips: list[str] = []
        self.first = 0.0
        self.begun: dict[str, float] = {}

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        self.first = self.first or time.monotonic()
        self.trips.append(command.shown())

        def hear(line: str) -> None:
            _, begins, step = line.partition(" begin ")
            if begins and line.startswith("\x1e"):
                self.begun.setdefault(step, time.monotonic())
            if listen:
                listen(line)

        return self.server.run(command, timeout=timeout, listen=hear)
