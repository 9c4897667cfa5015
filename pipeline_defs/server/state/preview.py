"""Preview: what a release that is not on the server yet would change there, without changing anything."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline_defs.config.secret import Secret
from pipeline_defs.release.records import Release
from pipeline_defs.server.compose import bundle
from pipeline_defs.server.core.command import Command, Result, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state import data_mounts
from pipeline_defs.server.state.adoption import adoptable
from pipeline_defs.server.state.alterations import alterations, as_it_runs
from pipeline_defs.server.state.data_loss_check import losses
from pipeline_defs.server.state.described_services import (
    DescribedServices,
    describe_command,
    read_description,
    running_services,
)
from pipeline_defs.server.state.facts import Facts
from pipeline_defs.server.state.service_changes import ServiceChanges, service_changes

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

    change: ServiceChanges
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

    place = PurePosixPath(f"/tmp/shipline-preview-{secrets.token_hex(8)}")
    moved, there = bundle.elsewhere(files, site, place)
    trial = _Trial(site, there, facts, server, bundle.install(there, release, moved, settings), there.folder(release))
    after = trial.described()
    try:
        found = service_changes(site, as_it_runs(site, before, after, facts.seen), facts.seen)
    except ValueError as error:
        raise ServerError(f"{site}: {site.config.compose}: {error}") from None
    return Preview(found, alterations(site, before, after), trial.losses())


def _described_now(site: Site, facts: Facts, server: Runner) -> DescribedServices | None:
    if facts.folder is None:
        return _adopted(site, facts, server)
    said = server.run(describe_command(site, facts, facts.folder), timeout=_SECONDS)
    return running_services(site, said.stdout if said.ok else None, facts.folder)


def _adopted(site: Site, facts: Facts, server: Runner) -> DescribedServices | None:
    """What runs and will be taken over."""
    found = adoptable(site, facts, server)
    if found and (refused := list(found.refusals(site))):
        raise ServerError(f"{site}: {'; '.join(refused)}")
    return found.described if found else None


@dataclass(frozen=True)
class _Trial:
    """The release in a private folder of the server, `there`, for as long as it is asked about."""

    site: Site
    there: Site
    facts: Facts
    server: Runner
    install: Command
    folder: str

    def described(self) -> DescribedServices:
        """What it describes. Raises ServerError where Compose refuses it."""
        site = self.site
        said = self._asked(describe_command(self.there, self.facts, self.folder))
        try:
            if not said.ok:
                raise ValueError(why(said))
            return read_description(site, said.stdout, self.folder)
        except ValueError as error:
            raise ServerError(f"{site}: {site.config.compose} cannot be used by Compose: {error}") from None

    def losses(self) -> tuple[str, ...]:
        """What data it would lose, as far as the server tells."""
        said = self._asked(data_mounts.inspect_mounts(self.there, self.facts.compose, self.folder))
        return tuple(losses(said.stdout, self.site)) if said.ok else ()

    def _asked(self, question: Command) -> Result:
        place = self.there.path()
        words = (place, self.install.rendered(), question.rendered())
        asked = script(_ASK, *words, stdin=self.install.stdin, says=f"what would change in {place}?")
        return self.server.run(asked, timeout=_SECONDS)
