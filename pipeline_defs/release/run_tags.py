"""Run tags that Shipline needs itself. Dagster's page shows none whose name begins with `.dagster/`, so people see what they filter by."""

from collections.abc import Mapping

_HIDDEN = ".dagster/shipline_"

APP_FILE = f"{_HIDDEN}app_file"
"""The first digits of the SHA-256 of the app's file that the run uses."""

MADE_BY = f"{_HIDDEN}made_by"
"""The run whose deployment answers a request that made none of its own."""

NOTICED = f"{_HIDDEN}noticed_by"
"""What noticed the change: the sensor, or a delivery."""

SEEN = f"{_HIDDEN}seen"
"""How new the pull request was, by GitHub's clock, when its run was claimed."""

TIMES = f"{_HIDDEN}held_back"
"""How often what a run deploys was held back before it."""

RERUN_OF = f"{_HIDDEN}rerun_of"
"""The id of the run that a person has asked for once more."""

OUTCOME = "outcome"
"""How a rehearsal, deployment or rollback ended; people filter by it."""


def tag_of(tags: Mapping[str, str], name: str, default: str = "") -> str:
    """The value of one of these tags, also of a run from before they were hidden."""
    return tags.get(name) or tags.get(name.removeprefix(_HIDDEN)) or default
