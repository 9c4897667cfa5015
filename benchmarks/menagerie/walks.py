"""Walks: deployments, rollbacks and restores of each app fail at one step after the other."""

from benchmarks.menagerie.figures import Figures, Tell, add
from benchmarks.menagerie.ground import Ground
from tests.support.menagerie_walk import attempts_of, walk


def measure(ground: Ground, tell: Tell) -> Figures:
    """How many failures there were, and after how many of them what ran before did not run, or the report said what was not so."""
    figures: Figures = {}
    apps = ground.apps(lambda each: each.runs)
    for animal, attempt in [(each, attempt) for each in apps for attempt in attempts_of(each)]:
        with ground.place(animal) as place:
            made = walk(place, attempt)
        for wrong in (*made.broken, *made.wrongly_unchanged):
            tell(wrong)
        found = {
            "apps": len(apps),
            "attempts": made.attempts,
            "failure_points": made.points,
            "broken_after_failure": len(made.broken),
            "wrongly_unchanged": len(made.wrongly_unchanged),
        }
        tell(f"{animal.name}, {attempt}: {found}")
        add(figures, found)
    return figures
