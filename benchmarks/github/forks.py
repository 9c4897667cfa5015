"""Forks: what the commits of strangers get hold of."""

import tempfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

from benchmarks.github.figures import Figures
from benchmarks.parts import Tell
from tests.support.forks import ForkBed, leaks, variants
from tests.testbed.bed import TestBed


def measure(bed: TestBed, tell: Tell) -> Figures:
    """Try each variant on a bed; the leaks that were found."""
    found: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="shipline-proof-") as folder,
        ForkBed(bed, Path(folder) / "forks") as forks,
    ):
        for variant in variants():
            with redirect_stderr(StringIO()):  # Dagster tells all that a run does
                got = leaks(forks, variant)
            tell(f"{variant.name}: {'; '.join(got) or 'nothing'}")
            found += got
    return {"fork_variants": len(variants()), "fork_leaks": len(found)}
