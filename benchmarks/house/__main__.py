"""`make house`: the size of pipeline_defs/ and the directions of its imports. The last line of standard output is one JSON object."""

import json
from pathlib import Path

import pipeline_defs
from benchmarks.house.figures import figures
from benchmarks.house.source import read
from tests.support.rooms import ROOMS


def main() -> None:
    """Print what stands out by name, then the figures."""
    files = read(Path(pipeline_defs.__file__).parent)
    named, numbers = figures(files, ROOMS)
    for what, names in named.items():
        for name in names:
            print(f"{what}: {name}")
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
