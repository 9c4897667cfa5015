"""Time ago: how long before now, as people write it: 30s, 10m, 2h, 1d."""

import re

from pipeline_defs.config.base_error import ShiplineError

_AGO = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class AgoError(ShiplineError, ValueError):
    """A text that says no distance."""

    status = 2


def seconds_ago(text: str) -> int:
    """The seconds of a distance such as `10m`. Raises AgoError."""
    found = _AGO.fullmatch(text.strip())
    if found is None:
        raise AgoError(f"{text!r} is no distance; write 30s, 10m, 2h or 1d")
    return int(found[1]) * _SECONDS[found[2]]
