"""Run tags that Shipline needs itself. Dagster's page shows none whose name begins with `.dagster/`, so people see what they filter by.

Some that nobody filters by keep a plain name: `target` and `share`, by which the limits in a home's own dagster.yaml count runs;
`kind`, `change`, `head` and `commit`, by which runs are looked for in the storage, where older ones have to be found too; `worker`,
which says on which machine a run is; `preview`, by which those are found that are up.
"""

from collections.abc import Mapping

_HIDDEN = ".dagster/shipline_"

ATTEMPT = f"{_HIDDEN}attempt"
"""The number of a second run, and so on, for the same change."""

DIGEST = f"{_HIDDEN}digest"
"""The first digits of the digest of the image that the run makes, rehearses or deploys."""

REASON = f"{_HIDDEN}reason"
"""Why the run was asked for, in a line."""

THEN = f"{_HIDDEN}then"
"""Which job follows."""

VERSION_COMMIT = f"{_HIDDEN}version_commit"
"""The commit that Shipline has put on top of a merge, with its version; full."""

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

PREVIEW = "preview"
"""Of a run that rehearsed a pull request, whether what it left up for people is still there: UP or ENDED."""

UP, ENDED = "up", "ended"

PREVIEW_UNTIL = f"{_HIDDEN}preview_until"
"""Until when that stays up, ISO 8601."""

OUTCOME = "outcome"
"""How a rehearsal, deployment or rollback ended; people filter by it."""


def tag_of(tags: Mapping[str, str], name: str, default: str = "") -> str:
    """The value of one of these tags, also of a run from before they were hidden."""
    return tags.get(name) or tags.get(name.removeprefix(_HIDDEN)) or default
