"""Warm runs: the process of a run is forked from one that has imported everything, instead of a new Python that imports it again.

Dagster starts a process for each run with `multiprocessing`, by its method `spawn`. Python's own method `forkserver` does the same from
a process that waits for it, which has one thread, no connections, and nothing of any run.
Source: https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

import logging
import multiprocessing
import sys
import tempfile
from multiprocessing import context, forkserver
from pathlib import Path

_PRELOADED = [
    "pipeline_defs.runtime.protected",
    "dagster._grpc.server",
    "pipeline_defs.definitions",
    # What stages import when they need it, as most of them do.
    "pipeline_defs.resources.registry_client",
    "pipeline_defs.resources.ssh_connection",
    "pipeline_defs.github.api.open_repositories",
]


def fork_runs() -> None:
    """Let runs that this process starts be forked, where it is the one that holds the definitions (`dagster api grpc`), and no run.

    The process that they are forked from is started at once, and again whenever it is gone. It listens beside the code server's own
    socket, in a folder that nobody else may enter. Where it cannot, each run has a new Python.
    """
    if sys.argv[1:3] != ["api", "grpc"] or multiprocessing.parent_process() is not None:
        return
    multiprocessing.set_forkserver_preload(_PRELOADED)
    own = tempfile.tempdir
    try:
        tempfile.tempdir = str(Path(sys.argv[sys.argv.index("--socket") + 1]).parent)
        forkserver.ensure_running()
    except (OSError, ValueError) as error:
        logging.getLogger(__name__).warning("runs are not forked, and begin later for it: %s", error)
        return
    finally:
        tempfile.tempdir = own
    context.SpawnContext.Process = context.ForkServerProcess  # type: ignore[assignment]  # Dagster offers no choice
