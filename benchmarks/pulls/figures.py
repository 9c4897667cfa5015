"""Figures: what the parts measure, by the names under which they are printed."""

Figures = dict[str, int]

NAMES = (
    "pulls",
    "heads",
    "rehearsed",
    "superseded",
    "lost",
    "previews",
    "preview_leftovers",
    "production_touched",
    "untrusted_rehearsed",
    "merge_reused",
    "wrongly_reused",
    "images_per_release",
    "rebuilt_without_change",
    "mixed_sets",
    "kill_points",
    "platforms",
    "wrong_platform",
)
