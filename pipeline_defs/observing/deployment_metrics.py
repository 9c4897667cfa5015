"""Deployment metrics: how many there were and when the last one was, rehearsals, quarantine and drift; from the lineage's index."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime

from dagster import DagsterInstance
from prometheus_client.metrics_core import Metric

from pipeline_defs.config import App
from pipeline_defs.lineage.index.counts import Count
from pipeline_defs.lineage.index.drift_checks import drifts
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.observing.metric_families import counter, gauge
from pipeline_defs.release.records import HELD, DeploymentKind, Outcome

_Key = tuple[str, str, str, str]
"""App, environment, kind and outcome."""

_PLACE = ("app", "environment")
_REHEARSAL = "rehearsal"
_ENDS = {
    DeploymentKind.DEPLOY.value: (Outcome.SUCCEEDED, Outcome.FAILED, Outcome.ROLLED_BACK, *HELD),
    DeploymentKind.ROLLBACK.value: (Outcome.SUCCEEDED, Outcome.FAILED),
    _REHEARSAL: (Outcome.SUCCEEDED, Outcome.FAILED),
}
"""How an attempt may end, by kind."""


def families(instance: DagsterInstance, apps: Collection[App]) -> Iterator[Metric]:
    """The metrics of what was deployed and rehearsed, also of apps that have no file any more, and how these apps stand now."""
    counts = Lineage(instance).counts()
    over = [each for each in counts.attempts if each.outcome != Outcome.STARTED]
    # None of a kind is told as none: the first one of all would show no increase where there was no number before.
    numbers = _none(apps) | {_key(each): each.number for each in over}
    yield counter(
        "shipline_deployments",
        "Deployments and rollbacks that ended, by how: succeeded, failed, rolled_back, frozen or waiting.",
        (*_PLACE, "kind", "outcome"),
        ((key, number) for key, number in numbers.items() if key[2] != _REHEARSAL),
    )
    yield gauge(
        "shipline_deployment_last_timestamp_seconds",
        "When the newest deployment or rollback that ended so was begun, in seconds since 1970.",
        (*_PLACE, "kind", "outcome"),
        ((_key(each), at) for each in over if each.kind != _REHEARSAL and (at := began(each.newest)) is not None),
    )
    yield counter(
        "shipline_rehearsals",
        "Rehearsals that ended, by how: succeeded or failed.",
        (*_PLACE, "outcome"),
        (((app, place, how), number) for (app, place, kind, how), number in numbers.items() if kind == _REHEARSAL),
    )
    places = [(app.name, environment) for app in apps for environment in app.deployed]
    yield gauge(
        "shipline_quarantined_releases",
        "Releases that an environment shall not get again, without those that a newer version has overtaken.",
        _PLACE,
        ((place, counts.barred.get(place, 0)) for place in places),
    )
    seen = drifts(instance, places)
    yield gauge(
        "shipline_drift_findings",
        "What the newest look at an environment's servers found that is not as the lineage says; 0 while all is.",
        _PLACE,
        ((place, len(drift.said)) for place, drift in seen.items()),
    )
    yield gauge(
        "shipline_drift_lost_hosts",
        "Hosts of an environment that the newest look could not look at.",
        _PLACE,
        ((place, len(drift.lost)) for place, drift in seen.items()),
    )


def began(attempt: str) -> float | None:
    """When an attempt was begun, in seconds since 1970, as its id says: `20260131T120000Z-123456ab12`; None for another id."""
    try:
        return datetime.strptime(attempt[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _none(apps: Iterable[App]) -> dict[_Key, int]:
    """Nothing of each kind, in each environment of these apps."""
    kinds = [
        *((app.name, place, kind) for app in apps for place in app.deployed for kind in _ENDS if kind != _REHEARSAL),
        *((app.name, app.staging, _REHEARSAL) for app in apps if app.staging),
    ]
    return {(app, place, kind, _word(outcome)): 0 for app, place, kind in kinds for outcome in _ENDS[kind]}


def _key(count: Count) -> _Key:
    return count.app, count.environment, count.kind, _word(count.outcome)


def _word(outcome: str) -> str:
    """How something ended as a label's value: without a space, which every query would have to quote."""
    return outcome.replace(" ", "_")
