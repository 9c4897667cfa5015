"""Refused: what a server cannot run as its author expects, or what would lose data, is refused by a sentence before anything changes."""

from benchmarks.menagerie.figures import Figures
from benchmarks.menagerie.ground import Ground
from benchmarks.parts import Tell
from tests.support.menagerie_life import refusal


def measure(ground: Ground, tell: Tell) -> Figures:
    """How many were refused with the sentence that helps, and how many were not."""
    apps = ground.apps(lambda each: not each.runs)
    silent = []
    for animal in apps:
        with ground.place(animal) as place:
            wrong = refusal(place)
        tell(f"{animal.name}: {wrong or 'refused'}")
        silent += [wrong] if wrong else []
    return {"refusals": len(apps) - len(silent), "silent": len(silent)}
