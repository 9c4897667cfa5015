"""Observed changes: what an attempt has changed, by comparing what was true before it with what was true afterwards. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline_defs.server.core.snapshot import Container, Snapshot

NOT_ASKED = "the server could not be asked what was changed, so it counts as changed"
STOPPED = "a step was stopped before its end was known, so it counts as changed"


@dataclass(frozen=True)
class Revision:
    """What is known of the database's migration revision: `asked` tells a database without one from one that nobody asked."""

    asked: bool = False
    value: str | None = None


@dataclass(frozen=True)
class Written:
    """What may have written to the database.

    Attributes:
        begun: the steps that were begun in which programs of the app run.
        failed: those of them that migrate and did not end well.
        before, after: the database's revision.
    """

    begun: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    before: Revision = Revision()
    after: Revision = Revision()


def database_changes(written: Written) -> tuple[str, ...]:
    """What became of the database, a phrase each; empty where it is known to be as it was, or nothing could have written to it."""
    before, after = written.before, written.after
    if before.asked and after.asked and before.value != after.value:
        return (f"the database is at the revision {after.value or 'none'} and was at {before.value or 'none'}",)
    if written.failed:
        return (f"the step {written.failed[-1]} did not end well and may have changed the database",)
    if written.begun and not (before.asked and after.asked):
        return (f"the step {written.begun[-1]} may have changed the database, whose revision is not known",)
    return ()


def with_database(error: str, found: Sequence[str]) -> str:
    """The sentence of a failure, which says, too, what became of the database, or that nobody knows what was changed."""
    more = [each for each in found if each.startswith(("the database ", "the step ")) or each in (NOT_ASKED, STOPPED)]
    return "; ".join([error, *more])


def touched(before: Snapshot, failed: Snapshot | None) -> tuple[str, ...]:
    """What serves or keeps data and was another one when the attempt failed, before anything was undone.

    What had only been added to it, such as a container beside the one that serves, does not count: it may be undone.
    """
    if failed is None:
        return (NOT_ASKED,)
    return tuple(
        [*_containers(before, failed, added=False), *_volumes(before, failed, added=False), *_rest(before, failed)]
    )


def differences(before: Snapshot, after: Snapshot | None) -> tuple[str, ...]:
    """All that is not as it was, a phrase each."""
    if after is None:
        return (NOT_ASKED,)
    return tuple([*_containers(before, after), *_volumes(before, after), *_rest(before, after)])


def not_as_before(before: Snapshot, after: Snapshot | None) -> tuple[str, ...]:
    """What does not run as it ran before, after a failed attempt was taken back: container by container, by image and configuration.

    Containers that were made anew from the same image and configuration are as before.
    """
    if after is None:
        return ("the server could not be asked what runs",)
    ran, runs = _kinds(before), _kinds(after)
    gone = [f"the service {kind[0]} does not run as before" for kind in sorted(ran - runs)]
    more = [f"the service {kind[0]} runs otherwise than before" for kind in sorted(runs - ran)]
    return tuple(dict.fromkeys([*gone, *more, *_volumes(before, after, added=False)]))


def _kinds(snapshot: Snapshot) -> Counter[tuple[str, str, str]]:
    return Counter(each.kind for each in snapshot.containers if each.up)


def _containers(before: Snapshot, after: Snapshot, *, added: bool = True) -> Iterator[str]:
    now = {each.id: each for each in after.containers}
    then = {each.id for each in before.containers}
    for each in before.containers:
        yield from _container(each, now.get(each.id))
    for each in after.containers:
        if added and each.id not in then:
            yield f"{each.name} is a new container of the service {each.service}"


def _container(before: Container, after: Container | None) -> Iterator[str]:
    if after is None:
        yield f"the container {before.name} of the service {before.service} is gone"
    elif after.up != before.up:
        yield f"the container {before.name} of the service {before.service} is {after.state} and was {before.state}"
    elif after.name != before.name:
        yield f"the container {before.name} is called {after.name}"


def _volumes(before: Snapshot, after: Snapshot, *, added: bool = True) -> Iterator[str]:
    for name, made in before.volumes.items():
        if name not in after.volumes:
            yield f"the volume {name} is gone"
        elif after.volumes[name] != made:
            yield f"the volume {name} was made anew"
    for name in after.volumes:
        if added and name not in before.volumes:
            yield f"the volume {name} is new"


def _rest(before: Snapshot, after: Snapshot) -> Iterator[str]:
    if after.current != before.current:
        yield f"current leads to {after.current or 'nothing'} and led to {before.current or 'nothing'}"
    if after.note != before.note:
        yield f"a rollback has changed the database: {after.note or before.note}"
    if after.route != before.route:
        yield "the router passes requests on to another container"
