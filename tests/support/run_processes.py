"""Run processes: the processes of the runs that a `shipline up` has started on this machine."""

from collections.abc import Iterator
from pathlib import Path

import psutil

_FORKED_FROM = "multiprocessing.forkserver"


def run_processes(home: Path) -> Iterator[psutil.Process]:
    """The process of every run that goes on for this home; each was forked from the one that has everything imported."""
    for process in psutil.process_iter():
        try:
            parent = process.parent()  # a program that the run has started has words of its own
            forked = parent is not None and all(_FORKED_FROM in " ".join(each.cmdline()) for each in (parent, process))
            if forked and process.environ().get("SHIPLINE_HOME") == str(home):
                yield process
        except psutil.Error:
            continue
