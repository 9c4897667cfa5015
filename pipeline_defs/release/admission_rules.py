"""Admission rules: whether a release may be deployed to an environment now, what it waits for, and what its rehearsal says of the way back.

`admit` is asked by everybody who has to know: the deploy op, `shipline plan`, `shipline deploy`, and the sensor that starts what was
held back. The procedure on the servers asks once more under the lock, when it is known what runs there. Pure.

The rules, in the order in which they are applied:

1. Trust: an image of a commit that was not merged is not deployed, nor one of a repository that the app's file does not name.
2. Once: a deployment of the same commit and configuration answers the request. If it runs, nothing is to be done. If it failed, it is
   not tried again by itself. A person's request is answered only by what was deployed by itself after they had asked.
3. Quarantine: a release that failed in the environment, or that a person has quarantined, is refused, whoever asks.
4. Freeze: what nobody in person asks for waits for the end of the freeze. A person is refused, or goes through it with a reason.
5. Rehearsal: a release that is being rehearsed waits, where the environment says so. One that no rehearsal passed is refused where the
   environment requires it, and where it has waited for its rehearsal. Nothing is said of it while a freeze holds it back.
6. Servers: one that lacks what a deployment needs refuses it.
7. Fleet: the first host runs what the other hosts run, since it backs up and migrates the database.
8. Version: one that is older than what runs is refused; going back is what a rollback is for.

What is not known yet refuses nothing: without a candidate the rules on releases are left out, without servers those on what runs there.

Other decisions are made elsewhere: which changes ask for a deployment (`auto_deploy`, forced pushes, superseding in the queue), whether a
version's number is taken (as its image is made), and where a rollback leads (`release/database_rollback.py`).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pipeline_defs.config.images import repository_of
from pipeline_defs.release import policy, repeated_request
from pipeline_defs.release.database_rollback import verdict_on
from pipeline_defs.release.evidence import WayBack
from pipeline_defs.release.history import Row
from pipeline_defs.release.quarantine import Quarantined, blocking
from pipeline_defs.release.records import Image, Outcome, Release


class Freeze(Protocol):
    """A freeze that holds: until when (with a time zone), the window as the app's file says it, and the end in that window's zone."""

    @property
    def until(self) -> datetime:
        """When it ends."""

    @property
    def window(self) -> str:
        """The window, in the words of the app's file."""

    @property
    def local(self) -> str:
        """When it ends, for people."""


@dataclass(frozen=True)
class Requester:
    """Who asks for a deployment.

    Attributes:
        automatic: a sensor or a change, and nobody in person.
        asked: when, with a time zone; None: now.
        override_freeze, reason: a person wants to go through a freeze, and why.
        waited_for_rehearsal: the same deployment was held back before, until its rehearsal had ended.
    """

    automatic: bool = False
    asked: datetime | None = None
    override_freeze: bool = False
    reason: str = ""
    waited_for_rehearsal: bool = False


@dataclass(frozen=True)
class Snapshot:
    """What is known of an environment without asking its servers: the app's file and the lineage.

    Attributes:
        repository: of the app's images, by its file; None where it is not looked at. `repositories` are those of each of several.
        rows: the environment's history, newest first; rehearsals: that of the environment that rehearses it.
        made_by_itself: the newest deployment among the rows was asked for by nobody in person.
        quarantined: what is quarantined there.
        freeze: the one that holds now.
        requires_rehearsal: only what passed a rehearsal is deployed there.
        rehearsing: the run that rehearses the candidate, where a deployment waits for that.
    """

    app: str
    environment: str
    repository: str | None = None
    repositories: tuple[str, ...] = ()
    rows: Sequence[Row] = ()
    rehearsals: Sequence[Row] = ()
    made_by_itself: bool = False
    quarantined: Sequence[Quarantined] = ()
    freeze: Freeze | None = None
    requires_rehearsal: bool = False
    rehearsing: str | None = None


@dataclass(frozen=True)
class HostFacts:
    """What a host of the environment says: its name, what runs there, and why nothing can be deployed there, a sentence each."""

    host: str
    current: Release | None
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wait:
    """What holds a deployment back for now: `outcome` is FROZEN or WAITING, `until` the end of the freeze, ISO 8601."""

    outcome: Outcome
    sentence: str
    until: str | None = None


@dataclass(frozen=True)
class Admission:
    """The answer.

    Attributes:
        refusals: why it may not be deployed, a sentence each; none: it may, now or once `waits_until` is over.
        waits_until: what it waits for.
        way_back: what the candidate's rehearsal says of the way back to what runs; None where nobody knows, or nothing else runs.
        made_by: the deployment that answers the request; `done` says so where that one runs and nothing is to be done.
        freeze_overridden: the window of the freeze that it goes through.
    """

    refusals: tuple[str, ...] = ()
    waits_until: Wait | None = None
    way_back: WayBack | None = None
    made_by: Row | None = None
    done: str = ""
    freeze_overridden: str | None = None

    @property
    def refusal(self) -> str | None:
        """All refusals in one sentence; None where there is none."""
        return "; ".join(self.refusals) or None


def admit(candidate: Release | None, snapshot: Snapshot, facts: Sequence[HostFacts], requester: Requester) -> Admission:
    """Whether a release may be deployed now. `facts` are those of the environment's hosts in their order; empty: not asked yet."""
    made = _answered_by(candidate, snapshot, requester)
    if made is not None and candidate is not None:
        said = repeated_request.sentence(candidate, made)
        return Admission(done=said, made_by=made) if made.live else Admission((said,), made_by=made)
    frozen = _waits_for_freeze(snapshot, requester)
    waits = frozen or _waits_for_rehearsal(candidate, snapshot)
    refusals = (
        untrusted(candidate, snapshot.repository, snapshot.repositories) if candidate else None,
        policy.quarantined(candidate, blocking(candidate, snapshot.quarantined)) if candidate else None,
        None if frozen else _freeze(snapshot, requester),
        None if waits else _rehearsal(candidate, snapshot, requester),
        *_servers(candidate, facts),
    )
    overridden = snapshot.freeze.window if snapshot.freeze and requester.override_freeze else None
    return Admission(
        refusals=tuple(each for each in refusals if each),
        waits_until=waits,
        way_back=way_back(candidate, snapshot, facts) if candidate else None,
        freeze_overridden=overridden,
    )


def untrusted(made: Image | Release, repository: str | None, several: Collection[str] = ()) -> str | None:
    """Refuse an image of a commit that was not merged, or of a repository that the app's file does not name (None: any is right).

    `several` are the names of the images of an app that has several. One that the file no longer has may be gone back to by the name
    that it has by default.
    """
    if isinstance(made, Image) and made.untrusted:
        return f"commit {made.commit[:12]} was not merged when it was checked, and no image was kept; deploy the merged commit"
    if repository is None:
        return None
    foreign = [
        each.repository
        for each in made.images
        if each.repository not in (*several, repository_of(repository, each.name))
    ]
    wrong = made.repository if made.repository != repository else next(iter(foreign), None)
    if wrong is None:
        return None
    return (
        f"the record of {made.version} names the image {wrong}, and the file of {made.app} names {repository}; "
        "where the image has moved, write the older name into `image` for as long as you need that version"
    )


def rehearsed(digest: str, rehearsals: Sequence[Row]) -> bool:
    """True when an image has passed a rehearsal."""
    return any(row.outcome == Outcome.SUCCEEDED and row.digest == digest for row in rehearsals)


def way_back(candidate: Release, snapshot: Snapshot, facts: Sequence[HostFacts] = ()) -> WayBack | None:
    """What the rehearsal says of the way back from a release to what runs: on the servers, or, before they are asked, by the lineage."""
    known = next((row.digest for row in snapshot.rows if row.live), None)
    runs = _runs(facts)
    live = (runs.digest if runs else None) if facts else known
    if live is None or live == candidate.digest:
        return None
    return verdict_on(snapshot.rehearsals, candidate.digest, live)


def first_host_is_empty(facts: Sequence[HostFacts]) -> str | None:
    """Refuse to change a fleet whose first host runs nothing while another one runs a release."""
    runs = _runs(facts)
    if runs is None or facts[0].current is not None or facts[0].lacks:
        return None
    return (
        f"{facts[0].host}: nothing runs there, and {runs.version} on other hosts; name a host first that runs it, since the "
        "first one backs up and migrates the database"
    )


def _answered_by(candidate: Release | None, snapshot: Snapshot, requester: Requester) -> Row | None:
    made = repeated_request.made_before(candidate, snapshot.rows) if candidate else None
    if made is None:
        return None
    answered = repeated_request.is_answered(
        made, automatic=requester.automatic, made_by_itself=snapshot.made_by_itself, asked=requester.asked
    )
    return made if answered else None


def _waits_for_freeze(snapshot: Snapshot, requester: Requester) -> Wait | None:
    held = snapshot.freeze
    if held is None or requester.override_freeze or not requester.automatic:
        return None
    until = held.until.isoformat(timespec="seconds")
    return Wait(Outcome.FROZEN, f"waits for the freeze to end at {held.local}", until)


def _waits_for_rehearsal(candidate: Release | None, snapshot: Snapshot) -> Wait | None:
    run = snapshot.rehearsing
    if candidate is None or run is None or rehearsed(candidate.digest, snapshot.rehearsals):
        return None
    return Wait(Outcome.WAITING, f"waits for its rehearsal to end (run {run[:8]})")


def _freeze(snapshot: Snapshot, requester: Requester) -> str | None:
    held = snapshot.freeze
    if held is None:
        return None
    if not requester.override_freeze:
        return policy.frozen(snapshot.app, snapshot.environment, held.local, held.window)
    return None if requester.reason.strip() else policy.NEEDS_REASON


def _rehearsal(candidate: Release | None, snapshot: Snapshot, requester: Requester) -> str | None:
    if candidate is None:
        return None
    passed = rehearsed(candidate.digest, snapshot.rehearsals)
    if requester.waited_for_rehearsal and requester.automatic and not passed:
        return policy.rehearsal_failed(candidate, snapshot.environment)
    return policy.not_rehearsed(candidate, passed, snapshot.requires_rehearsal)


def _servers(candidate: Release | None, facts: Sequence[HostFacts]) -> Iterator[str | None]:
    for each in facts:
        yield from each.lacks
    yield first_host_is_empty(facts)
    if candidate is not None:
        yield policy.older_than_live(candidate, _runs(facts))


def _runs(facts: Sequence[HostFacts]) -> Release | None:
    return next((each.current for each in facts if each.current), None)
