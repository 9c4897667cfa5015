"""Which run a command is about: by the first digits of its id, or as the one of an app that fits."""

import re
from collections.abc import Sequence

from pipeline_defs.cli.app_lookup import app_named
from pipeline_defs.cli.cli_output import UsageError
from pipeline_defs.cli.graphql_client import Client, FoundRun
from pipeline_defs.config import Home, load_apps

DIGITS = re.compile(r"[0-9a-f][0-9a-f-]{3,35}")
"""The beginning of a run's id."""

_SHOWN = 5


def is_app(home: Home, text: str) -> bool:
    """Whether a text names an app. One that could be neither an app nor a run's digits is taken for an app's name."""
    apps, errors = load_apps(home.apps)
    known = {*apps, *(error.file.stem for error in errors)}
    return text in known or not DIGITS.fullmatch(text)


def run_beginning(client: Client, digits: str, app: str = "") -> FoundRun:
    """The run whose id begins so, among the newest thousand, of one app or of all. Raises UsageError for none, or for several."""
    found = [run for run in client.runs(app=app) if run.id.startswith(digits)]
    if not found:
        whose, example = (f"{app} has", app) if app else ("there is", "APP")
        raise UsageError(f"{whose} no run that begins with {digits}; see: shipline history {example}")
    if len(found) > 1:
        raise UsageError(f"{len(found)} runs begin with {digits}; give more digits: {_names(found)}")
    return found[0]


def run_under_way(client: Client, home: Home, app: str, statuses: Sequence[str]) -> FoundRun:
    """The one run of an app that has not ended. Raises UsageError where there is none, or where there are several."""
    name = app_named(home, app).name
    found = client.runs(app=name, statuses=statuses)
    if not found:
        raise UsageError(f"no run of {name} is queued or under way")
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} runs of {name} are queued or under way; give the digits of one: {_names(found)}"
        )
    return found[0]


def newest_failed(client: Client, home: Home, app: str) -> FoundRun:
    """The newest run of an app that failed. Raises UsageError where none did."""
    name = app_named(home, app).name
    found = client.runs(app=name, statuses=("FAILURE",))
    if not found:
        raise UsageError(f"no run of {name} has failed; name another run by its digits: shipline rerun RUN")
    return found[0]


def shown(run: FoundRun) -> str:
    """A run in a few words: `1f3a9c20 shop_deploy 1.4.2 production`."""
    words = (
        run.id[:8],
        run.job,
        run.tags.get("version") or run.tags.get("commit", ""),
        run.tags.get("environment", ""),
    )
    return " ".join(filter(None, words))


def _names(runs: Sequence[FoundRun]) -> str:
    more = f", and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    return ", ".join(f"{run.id[:12]} ({run.job})" for run in runs[:_SHOWN]) + more
