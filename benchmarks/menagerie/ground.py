"""Ground: what the parts stand on: a bed, images for the apps of the menagerie, and a folder."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pytest import MonkeyPatch

from tests.integration.tiny import Tiny, shipped
from tests.support.menagerie import Animal, Place, animals, place, prepare
from tests.testbed.bed import TestBed
from tests.testbed.progress import Progress


@dataclass
class Ground:
    """A bed, whose servers are emptied for each app. `progress` says what is prepared."""

    bed: TestBed
    folder: Path
    progress: Progress

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The image of each version."""
        return prepare(self.bed, self.progress, self.folder)

    def apps(self, wanted: Callable[[Animal], bool]) -> list[Animal]:
        """The apps of a kind; of these the ones that the variable APPS names, where it names any."""
        named = os.environ.get("APPS", "").split()
        return [each for each in animals() if wanted(each) and (not named or each.name in named)]

    @contextmanager
    def place(self, animal: Animal, number: int = 0) -> Iterator[Place]:
        """An app on a server of the bed that knows nothing of it yet."""
        with place(self.bed, animal, self.digests, number) as made:
            yield made

    @contextmanager
    def tiny(self, name: str) -> Iterator[Tiny]:
        """An app that Dagster's runs ship, in a storage of its own."""
        folder = self.folder / name
        folder.mkdir()
        with MonkeyPatch.context() as patch, shipped(self.bed, folder, patch) as made:
            yield made
