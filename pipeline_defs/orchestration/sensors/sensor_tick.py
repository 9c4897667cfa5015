"""Sensor tick: one tick of a sensor that looks after every app: who is paused, how far each has come, and what
becomes of what was found.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import dagster as dg

from pipeline_defs.config import App
from pipeline_defs.orchestration.sensors.app_threads import Rounds
from pipeline_defs.orchestration.sensors.sensor_instance import lasting_instance
from pipeline_defs.runtime.automation.app_pauses import pauses_in
from pipeline_defs.runtime.automation.entries import PAUSED, read_entries, write_entries

_MOST_SAID = 8
_LONGEST = 300


@dataclass(frozen=True)
class Found:
    """What a look at one app found.

    Attributes:
        entry: how far it has come, to be kept; None leaves it as it was.
        requests: the runs to be started.
        events: what is to be written into the lineage.
        said: a sentence for the sensor's page; empty where there is nothing to say.
    """

    entry: str | None = None
    requests: list[dg.RunRequest] = field(default_factory=list)
    events: list[dg.AssetCheckEvaluation] = field(default_factory=list)
    said: str = ""


Look = Callable[[App, str | None], Found]
"""Looks at one app, given its entry; None where it has none yet."""


def tend(
    context: dg.SensorEvaluationContext,
    kind: str,
    apps: Mapping[str, App],
    rounds: Rounds[Found],
    look: Look,
    *,
    expected: tuple[type[Exception], ...] = (),
    idle: str = "nothing new",
    pausable: bool = False,
    due: Callable[[dg.DagsterInstance, Mapping[str, str]], Collection[str]] | None = None,
) -> dg.SensorResult:
    """Look at all apps, {name: app}, in one tick.

    An entry that comes with run requests goes into Dagster's own cursor first, which is stored together with them, and becomes the
    app's entry at the next tick: whatever is killed in between, each change is answered once. All other entries are kept at once.

    Args:
        kind: the sensor's name, and the kind of its entries.
        expected: errors that are told as the sentences that they are.
        idle: what is said where there is nothing to say.
        pausable: whether an app that is paused is left alone.
        due: which apps are to be looked at, given the entries; without it, all.
    """
    instance = lasting_instance(context)
    preview = is_preview(context)
    stored = read_entries(instance, apps, kind, PAUSED)
    entries, asked_for = stored[kind], _asked_for(context.cursor)
    if asked_for:
        entries.update(asked_for)
        if not preview:
            write_entries(instance, kind, asked_for)
    paused = pauses_in(stored[PAUSED]) if pausable else {}
    active = {name: app for name, app in apps.items() if name not in paused}
    chosen = active if due is None else {name: active[name] for name in due(instance, entries) if name in active}
    looks = {name: _bound(look, app, entries.get(name)) for name, app in chosen.items()}
    done = rounds.go(looks, active, expected)
    found = dict(sorted(done.found.items()))
    requests = [request for each in found.values() for request in each.requests]
    new = {name: each.entry for name, each in found.items() if each.entry not in (None, entries.get(name))}
    with_requests = {name: entry for name, entry in new.items() if entry is not None and found[name].requests}
    if not preview:
        write_entries(
            instance, kind, {name: entry for name, entry in new.items() if entry and name not in with_requests}
        )
    said = _said([
        *((name, sentence) for name, sentence in done.said.items()),
        *((name, each.said) for name, each in found.items() if each.said not in ("", idle)),
        *((name, str(pause)) for name, pause in paused.items()),
    ])  # fmt: skip
    return dg.SensorResult(
        run_requests=requests,
        asset_events=[event for each in found.values() for event in each.events],
        skip_reason=None if requests else said or idle,
        cursor=json.dumps(with_requests) if with_requests or asked_for else None,
    )


def is_preview(context: dg.SensorEvaluationContext) -> bool:
    """True when somebody tests the sensor in Dagster's UI: the daemon always says when it was started or ticked last."""
    return context.last_sensor_start_time is None and context.last_tick_completion_time is None


def by_name(apps: Iterable[App]) -> dict[str, App]:
    """The apps as sensors are given them."""
    return {app.name: app for app in apps}


def _bound(look: Look, app: App, entry: str | None) -> Callable[[], Found]:
    return lambda: look(app, entry)


def _asked_for(cursor: str | None) -> dict[str, str]:
    """The entries that belong to the run requests of the tick before, which Dagster has stored by now."""
    try:
        read = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return {str(app): str(entry) for app, entry in read.items()} if isinstance(read, dict) else {}


def _said(sentences: Iterable[tuple[str, str]]) -> str:
    listed = [f"{name}: {sentence}"[:_LONGEST] for name, sentence in sentences]
    more = [f"and {len(listed) - _MOST_SAID} more"] if len(listed) > _MOST_SAID else []
    return "; ".join([*listed[:_MOST_SAID], *more])
