"""Rate limit metrics: how many requests GitHub will still answer, as the programs that ask it have heard last."""

import time
from collections.abc import Collection, Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric

from pipeline_defs.config import App
from pipeline_defs.github.api.rate_limit import Budget, read_budget
from pipeline_defs.observing.metric_families import gauge


def families(home: Path, apps: Collection[App]) -> Iterator[Metric]:
    """The metrics of each app that is on GitHub, of which a budget was heard. Apps with one token have one budget."""
    found = {app.name: budget for app in apps if (budget := _of(home, app)) is not None}
    now = time.time()
    yield gauge(
        "shipline_github_requests_remaining",
        "Requests that GitHub still answers within this hour, of the token or App that an app uses.",
        ("app",),
        (([app], budget.left(now)) for app, budget in found.items()),
    )
    yield gauge(
        "shipline_github_requests_limit",
        "Requests that GitHub answers within an hour, of the token or App that an app uses.",
        ("app",),
        (([app], budget.limit) for app, budget in found.items()),
    )
    yield gauge(
        "shipline_github_answered_timestamp_seconds",
        "When GitHub was last heard to say so, in seconds since 1970; written down once in ten seconds.",
        ("app",),
        (([app], budget.at) for app, budget in found.items()),
    )


def _of(home: Path, app: App) -> Budget | None:
    if app.github is None or app.full_name is None:
        return None
    return read_budget(home, app.github.api, app.full_name)
