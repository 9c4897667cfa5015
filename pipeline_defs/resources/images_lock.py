"""Images lock: the digests of `images.lock`, asked from their registries: `python -m pipeline_defs.resources.images_lock [FILE]`."""

import sys
from collections.abc import Callable
from pathlib import Path

from pipeline_defs.config.pinned_images import LOCK, read_lock
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_errors import RegistryError


def refresh(file: Path, registry: Callable[[str], Registry] = Registry) -> list[str]:
    """Write the present digest of each tag into the file, in one step. Gives a sentence for each that is not known and stays as it was.

    The digest is that of the index, so it is right for every processor. Raises OSError, and ValueError for a file that is wrong.
    """
    said, now = [], read_lock(file)
    for image in now:
        repository, _, tag = image.rpartition(":")
        try:
            digest = registry(repository).digest_of(tag)
        except RegistryError as error:
            said.append(f"{image} stays as it was: {error}")
            continue
        if digest is None:
            said.append(f"{image} stays as it was: its registry has no such tag")
        else:
            now[image] = digest
    about = [line for line in file.read_text().splitlines() if line.startswith("#")]
    new = file.with_suffix(".new")
    new.write_text("\n".join([*about, *(f"{name} {digest}".rstrip() for name, digest in now.items())]) + "\n")
    new.replace(file)
    return said


def main(file: Path) -> None:
    """Write the file, and say what came of it."""
    for sentence in refresh(file):
        print(f"lock: {sentence}", file=sys.stderr)
    known = read_lock(file).values()
    print(f"lock: {sum(map(bool, known))} of {len(known)} images by digest in {file.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else LOCK)
