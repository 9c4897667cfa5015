"""Admission: the question whether a release may be deployed, put together from the app's file, the lineage and the servers.

`release/admission_rules.py` has the rules and gives the answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from pipeline_defs.config import App
from pipeline_defs.release import repeated_request
from pipeline_defs.release.admission_rules import Admission, HostFacts, Requester, Snapshot, admit, rehearsed
from pipeline_defs.release.history import Row
from pipeline_defs.release.quarantine import Quarantined
from pipeline_defs.release.records import Release


class History(Protocol):
    """What is asked of the lineage."""

    def environment(self, app: App, environment: str) -> list[Row]:
        """The history of one environment, newest first."""

    def quarantine(self, app: App, environment: str) -> list[Quarantined]:
        """What is quarantined in one environment."""

    def rehearsing(self, app: App, digest: str) -> str | None:
        """The run that rehearses an image, or will; None where there is none."""

    def asked_by_itself(self, run_id: str) -> bool:
        """Whether a sensor or a change asked for a run, and nobody in person."""


def ask(
    app: App,
    environment: str,
    release: Release,
    history: History,
    requester: Requester,
    facts: Sequence[HostFacts] = (),
) -> Admission:
    """Whether a release may be deployed now; `facts` are those of the environment's hosts, empty where they were not asked yet."""
    snapshot = snapshot_of(app, environment, release, history, waited=requester.waited_for_rehearsal)
    return admit(release, snapshot, facts, requester)


def ask_again(
    app: App, environment: str, release: Release, history: History, requester: Requester
) -> Callable[[Sequence[HostFacts]], Admission]:
    """The same question for the procedure, which asks it under the lock with what the servers say.

    A freeze or a rehearsal that has begun meanwhile does not stop what was admitted before. A quarantine does.
    """

    def again(facts: Sequence[HostFacts]) -> Admission:
        snapshot = snapshot_of(app, environment, None, history)
        return admit(release, replace(snapshot, rows=(), freeze=None), facts, requester)

    return again


def snapshot_of(
    app: App, environment: str, release: Release | None, history: History, *, waited: bool = False
) -> Snapshot:
    """The snapshot, with what is known of the release that shall be deployed.

    `waited`: it has waited for its rehearsal, and waits until that has ended, though the app's file may no longer say so.
    """
    config = app.environments[environment]
    rows = history.environment(app, environment)
    rehearsals = history.environment(app, app.staging) if app.staging else []
    made = repeated_request.made_before(release, rows) if release else None
    waits = waited or _waits_for_rehearsals(app, environment)
    running = waits and release is not None and not rehearsed(release.digest, rehearsals)
    return Snapshot(
        app=app.name,
        environment=environment,
        repository=app.image,
        repositories=app.repositories,
        rows=rows,
        rehearsals=rehearsals,
        made_by_itself=made is not None and history.asked_by_itself(made.run),
        quarantined=history.quarantine(app, environment),
        freeze=config.frozen(datetime.now(UTC)),
        requires_rehearsal=config.require_rehearsal,
        rehearsing=history.rehearsing(app, release.digest) if release and running else None,
    )


def _waits_for_rehearsals(app: App, environment: str) -> bool:
    """Whether a deployment waits for the rehearsal of its release: of one that rehearses another environment only where one is required."""
    config = app.environments[environment]
    its = app.staging is not None and app.environments[app.staging].rehearses == environment
    return config.wait_for_rehearsal and (its or config.require_rehearsal)
