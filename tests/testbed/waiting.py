"""Waiting for a condition instead of sleeping and hoping."""

import time
from collections.abc import Callable


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    """True as soon as the condition holds, False when it did not within that many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
