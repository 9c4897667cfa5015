"""Preview: what a release that is not on the server yet would change there, without changing anything."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline_defs.config.secret import Secret
from pipeline_defs.release.records import Release
from pipeline_defs.server import bundle, data_look
from pipeline_defs.server.alterations import alterations, as_it_runs
from pipeline_defs.server.change import Change, change
from pipeline_defs.server.command import Command, Runner, ServerError, script
from pipeline_defs.server.described import Described, ask, read, running
from pipeline_defs.server.facts import Facts
from pipeline_defs.server.keeping import losses
from pipeline_defs.server.reason import why
from pipeline_defs.server.site import Site

_SECONDS = 120

# The files lie in a private folder for as long as they are asked about.
_ASK = """
folder=$1
trap 'rm -rf "$folder"' EXIT; trap 'exit 1' HUP INT TERM
umask 077; mkdir "$folder"
eval "$2" >/dev/null; eval "$3"
"""


class Preview(NamedTuple):
    """What a deployment would replace, what it would change besides the app's image, and what data it would lose, a phrase each."""

    change: Change
    alterations: tuple[str, ...]
    losses: tuple[str, ...] = ()


def preview(
    site: Site,
    release: Release,
    files: Mapping[str, bytes],
    settings: Mapping[str, str | Secret],
    facts: Facts,
    server: Runner,
) -> Preview:
    """Ask the server's own Compose about the release's files. Raises ServerError where it refuses them."""
    before = _described_now(site, facts, server)

    def install(there: Site) -> Command:
        return bundle.install(there, release, files, settings)

    after = _described(site, facts, server, install, release)
    try:
        found = change(site, as_it_runs(site, before, after, facts.seen), facts.seen)
    except ValueError as error:
        raise ServerError(f"{site}: {site.config.compose}: {error}") from None
    return Preview(found, alterations(site, before, after), _losses(site, facts, server, install, release))


def _described_now(site: Site, facts: Facts, server: Runner) -> Described | None:
    if facts.folder is None:
        return None
    said = server.run(ask(site, facts, facts.folder), timeout=_SECONDS)
    return running(site, said.stdout if said.ok else None, facts.folder)


def _losses(
    site: Site, facts: Facts, server: Runner, install: Callable[[Site], Command], release: Release
) -> tuple[str, ...]:
    """What data the release would lose, as far as the server tells."""
    place, there = _elsewhere(site)
    question = data_look.look(there, facts.compose, there.folder(release))
    said = server.run(_asked(place, install(there), question), timeout=_SECONDS)
    return tuple(losses(said.stdout, site)) if said.ok else ()


def _elsewhere(site: Site) -> tuple[str, Site]:
    """A private folder, and the site as if it were there."""
    place = PurePosixPath(f"/tmp/shipline-preview-{secrets.token_hex(8)}")
    return str(place), replace(site, config=site.config.model_copy(update={"directory": place}))


def _described(
    site: Site, facts: Facts, server: Runner, install: Callable[[Site], Command], release: Release
) -> Described:
    place, there = _elsewhere(site)
    folder = there.folder(release)
    said = server.run(_asked(place, install(there), ask(there, facts, folder)), timeout=_SECONDS)
    try:
        if not said.ok:
            raise ValueError(why(said))
        return read(site, said.stdout, folder)
    except ValueError as error:
        raise ServerError(f"{site}: {site.config.compose} cannot be used by Compose: {error}") from None


def _asked(place: str, install: Command, question: Command) -> Command:
    words = (place, install.rendered(), question.rendered())
    return script(_ASK, *words, stdin=install.stdin, says=f"what would change in {place}?")
