"""`make bench-idle`: shares of a core, memory, storage and latency with 1, 10, 50 and 100 idle apps; ends within 8 minutes."""

import json
import os

from benchmarks.idle.size import measure
from benchmarks.parts import clean_up_on_sigterm


def main() -> None:
    """Measure each size and print one JSON object."""
    clean_up_on_sigterm()
    figures: dict[str, float] = {}
    for word in (os.environ.get("APPS") or "1 10 50 100").split():
        figures |= measure(int(word))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
