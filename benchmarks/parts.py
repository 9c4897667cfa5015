"""Parts: what each benchmark is asked to measure, and how it prints that.

A benchmark hands its parts to `main`. The last line of standard output is one JSON object with all figures.
PARTS="one two" measures these parts alone; the figures of the others are null.
"""

import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress

Tell = Callable[[str], None]
"""Takes one line about how it goes."""

Measure = Callable[[str], Mapping[str, Any]]
"""Measures a part, by its name, and gives its figures."""


class Failed(Exception):
    """A part could not be measured, or what must hold always does not; the message is a sentence."""


def main(
    parts: Collection[str],
    ground: AbstractContextManager[Measure],
    names: Collection[str] = (),
    add: Callable[[dict[str, Any], Mapping[str, Any]], None] = dict.update,
) -> int:
    """Measure the parts that are asked for. Exit status 0 when all could be measured, whatever came out, and 1 otherwise.

    Args:
        parts: the names of all parts.
        ground: what the parts are measured on; it is entered once one of them is wanted. It may raise Failed.
        names: the names of all figures; what was not measured is null.
        add: puts a part's figures among the others.
    """
    clean_up_on_sigterm()
    figures: dict[str, Any] = {}
    try:
        named = _wanted(parts)
        with ground as measure:
            well = [_measured(name, measure, figures, add) for name in named]
    except Failed as error:
        tell(str(error))
        return 1
    print(json.dumps(dict.fromkeys(names) | figures), flush=True)
    return 0 if all(well) else 1


@contextmanager
def temporary_home(name: str) -> Iterator[Path]:
    """A home for this process: whatever reads its settings finds none, and a person's own Shipline lends nothing."""
    with tempfile.TemporaryDirectory(prefix=f"shipline-{name}-") as home:
        os.environ["SHIPLINE_HOME"] = home
        yield Path(home)


def temporary_bed(name: str, servers: int = 1, *, in_memory: bool = False) -> TestBed:
    """A test bed for this process. Those that killed ones have left are removed."""
    remove_orphans(f"{name}-")
    return TestBed(f"{name}-{os.getpid()}", servers=servers, progress=Progress(tell), in_memory=in_memory)


def tell(line: str) -> None:
    """One line about how it goes, on standard error."""
    print(line, file=sys.stderr, flush=True)


def clean_up_on_sigterm() -> None:
    """SIGTERM ends the process as Ctrl-C does, so that what was started is removed."""
    signal.signal(signal.SIGTERM, _stop)


def _wanted(parts: Collection[str]) -> list[str]:
    """The parts that the variable PARTS names, in its order, or all. Raises Failed."""
    named = os.environ.get("PARTS", "").split() or list(parts)
    if unknown := [name for name in named if name not in parts]:
        raise Failed(f"there is no part {', '.join(unknown)}; the parts are: {', '.join(parts)}")
    return named


def _measured(
    name: str, measure: Measure, figures: dict[str, Any], add: Callable[[dict[str, Any], Mapping[str, Any]], None]
) -> bool:
    """Add a part's figures; False when it could not be measured, which keeps no other part back."""
    try:
        with Progress(tell).step(name):
            found = measure(name)
        tell(f"{name}: {json.dumps(found)}")  # whoever ends it before its end has what was measured until then
        add(figures, found)
    except Exception:
        traceback.print_exc()
        return False
    return True


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
