"""Where this checkout keeps its state, and the labels by which it knows its own things on a shared Docker Engine."""

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".shipline"
"""Everything that exists only at run time; git ignores it and `make clean` removes it."""

ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
"""Short name of this checkout: two checkouts on one machine never touch each other's containers."""

CHECKOUT_LABEL = f"shipline.checkout={ID}"
STAND_IN_LABEL = "shipline.testbed=1"
"""On every image that was built here because it could not be pulled."""


class BedError(Exception):
    """The test bed cannot do what was asked; the message is one sentence that says what to do about it."""


def state(*parts: str) -> Path:
    """A folder below `.shipline/`, made when missing and readable by its owner only (keys and passwords live there)."""
    STATE.mkdir(mode=0o700, exist_ok=True)
    folder = STATE.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
