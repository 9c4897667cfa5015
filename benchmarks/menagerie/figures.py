"""Figures: what the parts measure, by the names under which they are printed."""

from collections.abc import Mapping, MutableMapping

Figures = dict[str, int]

NAMES = (
    "apps",
    "attempts",
    "failure_points",
    "broken_after_failure",
    "wrongly_unchanged",
    "recoveries_without_end",
    "untested_green",
    "stale_secrets",
    "deployed_twice",
    "recreated_without_change",
    "rows_lost",
    "files_lost",
    "restores",
    "restores_failed",
    "refusals",
    "silent",
)


def add(figures: MutableMapping[str, int], found: Mapping[str, int]) -> None:
    """Count what a part found: what several parts count is added up, but the apps, which are the same ones."""
    for name, number in found.items():
        figures[name] = max(figures.get(name, 0), number) if name == "apps" else figures.get(name, 0) + number
