"""Watching: what a procedure does on the server, and when."""

import time


class Watching:
    """Takes the moments of a procedure: its round trips, when the first one began, and when each step began."""

    def __init__(self) -> None:
        self.trips: list[str] = []
        self.first = 0.0
        self.begun: dict[str, float] = {}

    def __call__(self, moment: str) -> None:
        self.first = self.first or time.monotonic()
        what, _, name = moment.partition(" ")
        if what == "send":
            self.trips.append(name)
        elif what == "begin":
            self.begun.setdefault(name, time.monotonic())
