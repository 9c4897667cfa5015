"""Pulls: what the commits of strangers, and of those who may push a branch, get hold of before they are merged."""

import os
import tempfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from benchmarks.parts import tell
from tests.support.forks import ForkBed, leaks, variants
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def measure() -> dict[str, int | float]:
    """Each variant as a fork's pull request, and as one of the repository itself; the leaks of both."""
    found: dict[bool, list[str]] = {False: [], True: []}
    remove_orphans("hostile-")
    with (
        TestBed(f"hostile-{os.getpid()}", progress=Progress(tell)) as bed,
        tempfile.TemporaryDirectory(prefix="shipline-hostile-") as folder,
        ForkBed(bed, Path(folder) / "forks") as forks,
    ):
        for own in found:
            for variant in variants():
                with redirect_stderr(StringIO()):  # Dagster tells all that a run does
                    got = leaks(forks, variant, own=own)
                tell(f"{'own' if own else 'fork'}: {variant.name}: {'; '.join(got) or 'nothing'}")
                found[own] += got
    return {
        "fork_variants": len(variants()),
        "fork_leaks": len(found[False]),
        "pulls_confined_variants": len(variants()),
        "pulls_leaks": len(found[True]),
    }
