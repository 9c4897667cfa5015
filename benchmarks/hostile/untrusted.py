"""Untrusted: commits that no branch or tag of the repository has, launched in every way, and what is taken for the repository's own."""

import tempfile
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest

from benchmarks.parts import tell
from tests.integration.named_commits import TRUSTED, approved, foreign, open_fork, tried, world_of_forks


def measure() -> dict[str, int | float]:
    """Commits that a run took as the repository's own; how many tries there were is told."""
    found: list[tuple[str, str, str]] = []
    with (
        redirect_stderr(StringIO()),  # Dagster tells of each run that is refused
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
        world_of_forks(Path(folder), monkeypatch) as world,
    ):
        fork = open_fork(world)
        for name, commit in foreign(world, fork).items():
            found += [(name, *result) for result in tried(world, fork, commit)]
        found += [("head of a fork", *result) for result in approved(world, fork)]
    wrong = [result for result in found if result[-1].startswith(TRUSTED)]
    for result in wrong:
        tell(": ".join(result))
    tell(f"{len(found)} tries")
    return {"untrusted_as_trusted": len(wrong)}
