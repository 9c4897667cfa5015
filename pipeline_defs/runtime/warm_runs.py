"""Warm runs: the process of a run is forked from one that has imported everything, instead of a new Python that imports it again.

Dagster starts a process for each run with `multiprocessing`, by its method `spawn`. Python's own method `forkserver` does the same from
a process that waits for it, which has one thread, no connections, and nothing of any run.
Source: https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

import multiprocessing
import sys
from multiprocessing import context, forkserver

_PRELOADED = ["pipeline_defs.runtime.protected", "dagster._grpc.server", "pipeline_defs.definitions"]


def fork_runs() -> None:
    """Let runs that this process starts be forked, where it is the one that holds the definitions (`dagster api grpc`), and no run.

    The process that they are forked from is started at once, and again whenever it is gone.
    """
    if sys.argv[1:3] != ["api", "grpc"] or multiprocessing.parent_process() is not None:
        return
    multiprocessing.set_forkserver_preload(_PRELOADED)
    context.SpawnContext.Process = context.ForkServerProcess  # type: ignore[assignment]  # Dagster offers no choice
    forkserver.ensure_running()
