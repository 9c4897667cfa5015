"""Bad releases: each is caught, with the right sentence or verdict."""

from benchmarks.parts import Tell
from benchmarks.rehearsal.figures import Figures
from benchmarks.rehearsal.ground import Ground
from tests.support.bad_releases import BAD_RELEASES, TOO_LARGE, problems, small_server


def measure(ground: Ground, tell: Tell) -> Figures:
    """Rehearse each; a release counts as missed when it was not caught, not told rightly, or left something behind or touched."""
    missed = 0
    for bad in BAD_RELEASES:
        missed += _told(bad.what, problems(bad, ground.shop, ground.server), tell)
    with small_server(ground.shop) as (shop, server):
        missed += _told(TOO_LARGE.what, problems(TOO_LARGE, shop, server), tell)
    return {"bad_releases": len(BAD_RELEASES) + 1, "bad_releases_missed": missed}


def _told(what: str, found: list[str], tell: Tell) -> bool:
    tell(f"{what}: {'; '.join(found) or 'caught'}")
    return bool(found)
