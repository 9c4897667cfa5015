"""Lives: each app is deployed, deployed again unchanged, broken and brought back, deployed anew, and restored."""

from benchmarks.menagerie.figures import Figures, add
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Tell
from tests.support.menagerie_life import live


def measure(ground: Ground, tell: Tell) -> Figures:
    """What was recreated, lost or left broken in the lives of all apps. A broken release is a point of failure, too."""
    figures: Figures = {}
    for animal in ground.apps(lambda each: each.runs):
        with ground.place(animal) as place:
            life = live(place)
        for wrong in life.wrong:
            tell(wrong)
        found = {
            "apps": len(ground.apps(lambda each: each.runs)),
            "attempts": life.attempts,
            "failure_points": life.failures,
            "broken_after_failure": len(life.broken),
            "wrongly_unchanged": len(life.wrongly_unchanged),
            "recreated_without_change": len(life.recreated),
            "rows_lost": life.rows_lost,
            "files_lost": life.files_lost,
            "restores": life.restores,
            "restores_failed": len(life.restores_failed),
        }
        tell(f"{animal.name}: {found}")
        add(figures, found)
    return figures
