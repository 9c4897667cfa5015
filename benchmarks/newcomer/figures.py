"""Figures: what the parts measure, by the names under which they are printed."""

from collections.abc import Mapping, MutableMapping

Figures = dict[str, float]

NAMES = (
    "apps",
    "commands",
    "seconds_to_first_deployment",
    "files_added",
    "lines_added",
    "questions_asked",
    "mistakes",
    "unclear_messages",
)
"""Commands, files, lines and questions are those of the app that needed most of them; seconds are counted from the clone of Shipline."""


def add(figures: MutableMapping[str, float], found: Mapping[str, float]) -> None:
    """Put a part's figures among the others; unclear messages are added up."""
    for name, number in found.items():
        figures[name] = figures.get(name, 0) + number if name == "unclear_messages" else number
