"""Pull previews: which pull requests that stay up for people are to go, and why. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Standing:
    """A preview on a server.

    Attributes:
        run: the run that made it.
        age, left: seconds since it was made, and until its days are over, by the server's clock.
    """

    pull: int
    run: str
    age: int
    left: int


@dataclass(frozen=True)
class Bounds:
    """What an app allows: so many previews, and so many bytes that stay free; with `most` 0 it has none."""

    most: int = 0
    least_free: int = 0


def ending(
    previews: Sequence[Standing], bounds: Bounds, closed: Collection[int], *, coming: int = 0, free: int | None = None
) -> dict[int, str]:
    """The previews that are to go, each with the reason, for people.

    Args:
        closed: pull requests that are not open any more.
        coming: so many more are about to be made, for which there has to be room.
        free: bytes on the disk of the server's Engine; None where it does not tell. The oldest goes alone: how much is free then is
            asked again.
    """
    gone = dict(_over(previews, bounds, closed))
    staying = sorted((each for each in previews if each.pull not in gone), key=lambda each: -each.age)
    room = max(0, bounds.most - coming)
    for each in staying[: max(0, len(staying) - room)]:
        gone[each.pull] = f"no more than {bounds.most} previews are up at once, and it was the oldest"
    if not gone and staying and free is not None and free < bounds.least_free:
        gone[staying[0].pull] = f"less than {bounds.least_free} bytes are free on the server, and it was the oldest"
    return gone


def _over(previews: Sequence[Standing], bounds: Bounds, closed: Collection[int]) -> Iterator[tuple[int, str]]:
    for each in previews:
        if bounds.most == 0:
            yield each.pull, "previews are switched off"
        elif each.pull in closed:
            yield each.pull, "its pull request was closed"
        elif each.left <= 0:
            yield each.pull, "its days are over"
