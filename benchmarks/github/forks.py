"""Forks: what the commits of strangers get hold of."""

import os
import tempfile
from pathlib import Path

from benchmarks.github.figures import Figures, Tell
from tests.forks import ForkBed, leaks, variants
from tests.testbed.bed import TestBed, remove_orphans
from tests.testbed.progress import Progress


def measure(tell: Tell) -> Figures:
    """Try each variant on a bed of its own; the leaks that were found. Raises BedError where there can be no bed."""
    found: list[str] = []
    remove_orphans("proof-")
    with (
        tempfile.TemporaryDirectory(prefix="shipline-proof-") as folder,
        TestBed(f"proof-{os.getpid()}", progress=Progress(tell)) as bed,
        ForkBed(bed, Path(folder) / "forks") as forks,
    ):
        for variant in variants():
            got = leaks(forks, variant)
            tell(f"{variant.name}: {'; '.join(got) or 'nothing'}")
            found += got
    return {"fork_variants": len(variants()), "fork_leaks": len(found)}
