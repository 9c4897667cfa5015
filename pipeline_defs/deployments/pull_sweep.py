"""Pull sweep: what of pull requests is on a server and is to be there no longer: what killed runs left, and previews whose time is over."""

from collections.abc import Collection, Mapping
from typing import Protocol

from pipeline_defs.config import App
from pipeline_defs.config.pull_place import SUFFIX, with_pull_place
from pipeline_defs.deployments.protocols import Telling
from pipeline_defs.release.pull_previews import Bounds, ending
from pipeline_defs.server.core.command import Runner
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.rehearsal.pull_places import PullPlaces, find_places, remove_place


class Pulls(Protocol):
    """What is known of an app's pull requests besides what is on its server."""

    def busy(self) -> Collection[int]:
        """Those that are rehearsed now, or wait for it."""

    def is_closed(self, pull: int) -> bool:
        """Whether one is known not to be open any more."""

    def settle(self, standing: Mapping[int, str], ended: Mapping[int, str]) -> None:
        """Write down which previews are up, {pull request: run}, and why others are not."""


def sweep(app: App, server: Runner, pulls: Pulls, tell: Telling, *, coming: int = 0) -> bool:
    """Remove the places of pull requests that are not being rehearsed, without the previews that may stay; `coming` more are about
    to be made. What is on the server decides, and then what runs.

    Gives whether any of them stays that should not. Raises ServerError.
    """
    stays, ended = False, dict[int, str]()
    while True:
        found = _find(app, server)
        over = ending(
            found.previews,
            _bounds(app),
            [pull for pull in found.places if pulls.is_closed(pull)],
            coming=coming,
            free=found.free,
        )
        gone = {
            pull: over.get(pull, "")
            for pull, preview in found.places.items()
            if (preview is None or pull in over) and pull not in pulls.busy()
        }
        left = {pull for pull in gone if not _remove(app, server, pull, gone[pull], tell)}
        stays = bool(left)
        removed = {pull: why for pull, why in gone.items() if why and pull not in left}
        ended |= removed
        if not removed:  # else more may have to go, as how much is free is known only now
            break
    pulls.settle({each.pull: each.run for each in found.previews}, ended)
    return stays


def is_preview(app: App, server: Runner, pull: int) -> bool:
    """Whether a preview of a pull request is up. Raises ServerError."""
    return _find(app, server).places.get(pull) is not None


def _find(app: App, server: Runner) -> PullPlaces:
    assert app.staging is not None
    return find_places(f"{Site.of(app, app.staging).path()}{SUFFIX}", server)


def _bounds(app: App) -> Bounds:
    kept = app.stage.kept
    return Bounds(kept.at_most, kept.disk) if kept else Bounds()


def _remove(app: App, server: Runner, pull: int, why: str, tell: Telling) -> bool:
    """Remove one place; False where something of it stays."""
    there, name = with_pull_place(app, pull, "")
    said = remove_place(Site.of(there, name), server, unless_alive=True)
    done = f"removed the preview of pull request #{pull}: {why}" if why else ""
    tell.say(said or done or f"removed what a run had left of the rehearsal of pull request #{pull}")
    return not said
