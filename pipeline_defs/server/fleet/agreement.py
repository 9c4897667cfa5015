"""Agreement: which release each host of a fleet goes to when a change did not reach all of them.

A host's own link `current` says what that host runs, not what all of them are meant to run. So before the first host is touched,
each writes down beside the link what it ran before. The note is removed when the change is over. As long as one is found, and the host
still is where that change began or led to, the change is not over, and what stands in the note counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from pipeline_defs.release.evidence import Record
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.command import Command, Result, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.facts import Facts, gather_facts

NOTE = "fleet"
"""The note's file, beside the link `current`."""

_QUICK_SECONDS = 60
_READ = '[ ! -f "$1" ] || cat "$1"'
_WRITE = 'printf "%s\\n" "$2" >"$1.new"; sync "$1.new"; mv -T "$1.new" "$1"'
_REMOVE = 'rm -f "$1"; sync "$(dirname "$1")"'


class Note(Record):
    """What a host writes down before a change of the fleet.

    Attributes:
        begun, leads: names of the releases that it ran as the change began, and that the change leads to; empty for nothing.
        before: what it goes back to; None for nothing.
        database: what else it takes to go back, on the host that has to do with the database: `migrate`, or `restore <path of a backup>`.
    """

    begun: str
    leads: str
    before: Release | None
    database: str = ""


@dataclass(frozen=True)
class State:
    """What a host says: the release that it runs, the note of a change that may not be over, and how Compose is called there."""

    current: Release | None
    note: Note | None = None
    compose: tuple[str, ...] = ()

    @property
    def open(self) -> Note | None:
        """The note, where it still counts: a host that has gone elsewhere since then is no part of that change."""
        if self.note is None or name_of(self.current) not in (self.note.begun, self.note.leads):
            return None
        return self.note

    @property
    def meant(self) -> Release | None:
        """What it ran before a change that is not over; without one what it runs."""
        return self.open.before if self.open else self.current


UNKNOWN = State(None)
"""Of a host that was not asked yet."""


def name_of(release: Release | None) -> str:
    """A release's name, empty for none."""
    return release.name if release else ""


def agreed(states: Sequence[State], *, complete: bool) -> list[Release | None]:
    """What each host goes to, so that all run one release: that which the first of them that ran any is meant to run.

    A host that ran nothing before goes back to nothing. Where all hosts are there (`complete`) and run the same, that is it: the change
    had reached them all.
    """
    running = [state.current for state in states]
    if complete and len({name_of(each) for each in running}) == 1:
        return running
    meant = [state.meant for state in states]
    release = first_of(meant)
    return [release if each is not None else None for each in meant]


def first_of(releases: Sequence[Release | None]) -> Release | None:
    """The first one that there is."""
    return next((each for each in releases if each is not None), None)


def note_command(site: Site) -> Command:
    """Ask for the note."""
    return script(_READ, site.path(NOTE), says="what did a change of the fleet begin with?")


def parse_state(site: Site, facts: Facts, answer: Result) -> State:
    """A host's state, from its facts and the answer to `note_command`. Raises ServerError."""
    if not answer.ok:
        raise ServerError(f"{site}: {site.path(NOTE)} cannot be read: {why(answer)}")
    try:
        note = Note.model_validate_json(answer.stdout) if answer.stdout.strip() else None
    except ValidationError as error:
        raise ServerError(f"{site}: {site.path(NOTE)} is damaged; remove that file, then run again") from error
    return State(facts.current, note, facts.compose)


def read_state(site: Site, server: Runner) -> State:
    """A host's state. Raises ServerError, also when the host lacks what a deployment needs."""
    return parse_state(site, gather_facts(site, server), server.run(note_command(site), timeout=_QUICK_SECONDS))


def write(site: Site, server: Runner, note: Note) -> None:
    """Write the note down. Raises ServerError."""
    text = note.model_dump_json()
    _run(
        site,
        server,
        script(_WRITE, site.path(NOTE), text, says=f"what ran before: {name_of(note.before) or 'nothing'}"),
    )


def forget(site: Site, server: Runner) -> None:
    """Remove the note: the change is over. Raises ServerError."""
    _run(site, server, script(_REMOVE, site.path(NOTE), says="the change of the fleet is over"))


def run_nothing(site: Site, server: Runner) -> None:
    """Make the host one that runs nothing, as before its first deployment. Raises ServerError."""
    _run(site, server, script(_REMOVE, site.current, says=f"remove {site.current}: nothing ran before"))


def _run(site: Site, server: Runner, command: Command) -> None:
    result = server.run(command, timeout=_QUICK_SECONDS)
    if not result.ok:
        raise ServerError(f"{site}: {command.shown()}: {why(result)}")
