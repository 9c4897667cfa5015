"""Argv: secrets in the words, or in the environment, of programs that runs of every job execute here and on the server."""

import os
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.parts import tell
from tests.integration.watched_runs import watched
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def measure() -> dict[str, int | float]:
    """Secrets in words, and secrets in environments of programs that need not have them, each kind of program once."""
    remove_orphans("hostile-")
    with (
        TestBed(f"hostile-{os.getpid()}", progress=Progress(tell)) as bed,
        tempfile.TemporaryDirectory(prefix="shipline-hostile-") as folder,
    ):
        seen, words, environments = watched(bed, Path(folder))
    found = Counter([*words, *environments])
    for leak, times in found.items():
        tell(f"{leak} ({times} times)")
    tell(f"{len(seen)} programs were executed")
    return {"argv_leaks": len(found)}
