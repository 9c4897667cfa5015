"""Parts: what a benchmark is asked to measure, and how it tells of itself."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection, MutableMapping
from types import FrameType
from typing import Any


class Unknown(Exception):
    """A part that there is not; the message names those that there are."""


def wanted(parts: Collection[str]) -> list[str]:
    """The parts that the variable PARTS names, in its order, or all. Raises Unknown."""
    named = os.environ.get("PARTS", "").split() or list(parts)
    if unknown := [name for name in named if name not in parts]:
        raise Unknown(f"there is no part {', '.join(unknown)}; the parts are: {', '.join(parts)}")
    return named


def measured(figures: MutableMapping[str, Any], measure: Callable[[], Any]) -> bool:
    """Put a part's figures among the others; False when it could not be measured, which keeps no other part back."""
    try:
        figures.update(measure())
    except Exception:
        traceback.print_exc()
        return False
    return True


def tell(line: str) -> None:
    """One line about how it goes, on standard error."""
    print(line, file=sys.stderr, flush=True)


def clean_up_on_sigterm() -> None:
    """SIGTERM ends the process as Ctrl-C does, so that what was started is removed."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
