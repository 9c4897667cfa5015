"""`shipline metrics`: the four measures of DORA for what is delivered to an environment."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import OneOrAll, apps_named, deployed_environment
from pipeline_defs.cli.cli_output import Output, UsageError
from pipeline_defs.cli.history_command import columns, open_lineage
from pipeline_defs.config import App, Home
from pipeline_defs.release.dora_metrics import Metrics, Spread, deliveries, measure
from pipeline_defs.release.duration import duration
from pipeline_defs.release.period import Period, PeriodError

EXAMPLE = "Example: shipline metrics shop --since 90d --plot metrics.svg"

_BAR = 24  # characters of the longest bar


def metrics(
    context: typer.Context,
    app: OneOrAll = None,
    since: Annotated[str, typer.Option("--since", help="90d, 12w, 6m, 1y, or a day such as 2026-01-31.")] = "90d",
    environment: Annotated[
        str | None, typer.Option("--environment", "--env", help="Where to; each app's first environment by default.")
    ] = None,
    zone: Annotated[str, typer.Option("--timezone", help="Where days and weeks begin, such as Europe/London.")] = "UTC",
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw them into a file, .svg or .png.")] = None,
) -> None:
    """Tell how often is deployed, how long a commit takes to get there, how often that fails, and how soon it works again.

    These are DORA's four measures, from what was recorded; docs/metrics.md says how each is counted. Shipline need not run.
    """
    output: Output = context.obj
    home = Home.find()
    place = _zone(zone)
    period = _period(since, place)
    apps = apps_named(home, app)
    if plot is not None:
        _must_be_drawable(plot, apps)
    with open_lineage(home) as lineage:
        told = [_told(which, deployed_environment(which, environment), lineage, period, place) for which in apps]
    if plot is not None:
        _draw(plot, told[0], place)
        output.say(f"drawn into {plot}")
    output.result(
        {"since": period.begin.isoformat(), "timezone": zone, "apps": told},
        Group(*(part for each in told for part in _shown(each, place))),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a path, a folder of the tz database, an unknown name
        raise UsageError(
            f"{name!r} is no time zone that is known here; write a name such as Europe/London or UTC"
        ) from None


def _period(since: str, zone: ZoneInfo) -> Period:
    try:
        return Period.since(since, datetime.now(UTC), zone)
    except PeriodError as error:
        raise UsageError(f"--since: {error}") from None


def _must_be_drawable(file: Path, apps: list[App]) -> None:
    if file.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"--plot {file}: a file that ends with .svg or .png")
    if len(apps) > 1:
        raise UsageError(f"a file shows one app; name one of {', '.join(app.name for app in apps)}")


def _told(app: App, environment: str, lineage: Any, period: Period, zone: ZoneInfo) -> dict[str, Any]:
    found = deliveries(lineage.deployments(app, environment))
    return {
        "app": app.name,
        "environment": environment,
        **measure(found, period).model_dump(mode="json"),
        "periods": [measure(found, part).model_dump(mode="json") for part in period.parts(zone)],
    }


def _draw(file: Path, told: dict[str, Any], zone: ZoneInfo) -> None:
    """Write the chart. Raises UsageError where the file cannot be written."""
    from pipeline_defs.cli.metrics_chart import draw

    parts = [Metrics.model_validate(each) for each in told["periods"]]
    try:
        draw(file, f"{told['app']} {told['environment']}", parts, zone)
    except OSError as error:
        raise UsageError(f"--plot {file}: it cannot be written ({error.strerror})") from None


def _measured(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key in Metrics.model_fields}


def _shown(told: dict[str, Any], zone: ZoneInfo) -> list[RenderableType]:
    whole = Metrics.model_validate(_measured(told))
    grid = Table.grid(padding=(0, 2))
    for name, value in {
        "deployment frequency": f"{whole.per_week:.1f} a week ({whole.shipped} deployments)",
        "lead time for changes": _spread(whole.lead_time, "commits") + _untold(whole),
        "change failure rate": "no deployment yet" if whole.failure_rate is None else _rate(whole),
        "time to restore": _spread(whole.restore_time, "failures")
        + (f"; {whole.unrestored} not restored" if whole.unrestored else ""),
    }.items():
        grid.add_row(Text(name, "dim"), Text(value))
    since = datetime.fromisoformat(whole.begin).astimezone(zone)
    head = Text.assemble((f"{told['app']} {told['environment']}", "bold"), f" since {since:%Y-%m-%d}")
    parts = [Metrics.model_validate(each) for each in told["periods"]]
    return [head, grid, *([_chart(parts, zone)] if whole.deployments else []), Text("")]


def _rate(whole: Metrics) -> str:
    return f"{whole.failure_rate or 0.0:.0%} ({whole.failed} of {whole.deployments} that reached it)"


def _untold(whole: Metrics) -> str:
    return f"; of {whole.untold} deployments nobody knows" if whole.untold else ""


def _spread(spread: Spread | None, what: str) -> str:
    if spread is None:
        return "none"
    return f"{duration(spread.median)} median, {duration(spread.p90)} for nine of ten ({spread.count} {what})"


def _chart(parts: list[Metrics], zone: ZoneInfo) -> Table:
    """Bars for each day, week or month."""
    table = columns("from", "succeeded", "", "failed", "", "lead time", "", "restored in")
    most = max(max(part.shipped, part.failed) for part in parts)
    longest = max((part.lead_time.median for part in parts if part.lead_time), default=1.0) or 1.0
    for part in parts:
        lead = part.lead_time.median if part.lead_time else 0.0
        table.add_row(
            f"{datetime.fromisoformat(part.begin).astimezone(zone):%Y-%m-%d}",
            Bar(most, 0, part.shipped, width=_BAR, color="green"),
            str(part.shipped or ""),
            Bar(most, 0, part.failed, width=_BAR // 2, color="red"),
            str(part.failed or ""),
            Bar(longest, 0, lead, width=_BAR, color="cyan"),
            duration(lead) if part.lead_time else "",
            duration(part.restore_time.median) if part.restore_time else "",
        )
    return table
