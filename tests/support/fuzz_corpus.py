"""The corpus: texts that are kept for each reader of outside text, one for each way in which it has refused or failed so far.

`python -m tests.support.fuzz_corpus` looks for more of them, for a few seconds each.
"""

import json
import re
import sys
import time
from contextlib import suppress
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.fuzzed import READERS, contents, outcome

FOLDER = Path(__file__).parents[1] / "data" / "fuzzed"
MOST, LONGEST = 12, 6000
"""Texts for each reader, and characters of each."""


def kept(of: str) -> list[bytes]:
    """The texts that are kept for a reader."""
    with suppress(FileNotFoundError):
        return [text.encode("latin-1") for text in json.loads(_file(of).read_text())]
    return []


def keep(of: str, *found: bytes) -> None:
    """Keep these texts, too."""
    FOLDER.mkdir(exist_ok=True)
    texts = sorted({text.decode("latin-1") for text in (*kept(of), *found)})
    _file(of).write_text(json.dumps(texts, indent=1) + "\n")


def _file(of: str) -> Path:
    return FOLDER / f"{of.replace(' ', '-')}.json"


def look_for_more(of: str, seconds: float) -> int:
    """Try new texts for so long, and keep the shortest for each new sentence; how many there are then."""
    known = {_kind(outcome(of, text)): text for text in kept(of)}
    until = time.monotonic() + seconds

    @settings(
        max_examples=400, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(contents(of))
    def read(content: bytes) -> None:
        if time.monotonic() < until and len(content) <= LONGEST:
            kind = _kind(outcome(of, content))
            if (kind in known or len(known) < MOST) and len(content) < len(known.get(kind, content + b" ")):
                known[kind] = content

    hypothesis.seed(1)(read)()
    keep(of, *known.values())
    return len(known)


def _kind(said: str) -> str:
    """A sentence without what is its text's own."""
    return re.sub(r"\W+", " ", re.sub(r"'[^']*'|\"[^\"]*\"|\d+|/\S+", "", said))[:80]


if __name__ == "__main__":
    for name in sys.argv[2:] or READERS:
        print(name, look_for_more(name, float(sys.argv[1])))
