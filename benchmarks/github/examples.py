"""Examples: the payloads of every event that GitHub publishes, from the npm package @octokit/webhooks-examples."""

import json
from pathlib import Path
from typing import Any

from tests.testbed import npm
from tests.testbed.checkout import state

LOCK = Path(__file__).parent / "examples"
PACKAGE = "@octokit/webhooks-examples"


def examples() -> list[tuple[str, Any]]:
    """All of them, of github.com and of each version of GitHub Enterprise: the event's name and the payload.

    Raises BedError when they are not there and cannot be fetched.
    """
    kept = state("npm") / f"webhooks-examples-{npm.version(LOCK, PACKAGE)}"
    files = sorted(npm.fetched(LOCK, PACKAGE, ".", kept).glob("*/index.json"))
    events = [event for file in files for event in json.loads(file.read_text())]
    return [(event["name"], payload) for event in events for payload in event["examples"]]
