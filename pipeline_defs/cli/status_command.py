"""`shipline status`: what runs where now."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import OneOrAll, apps_named
from pipeline_defs.cli.cli_output import Output, local_time, plain
from pipeline_defs.cli.history_command import columns, digits, open_lineage, outcome, row_json
from pipeline_defs.config import App, Home
from pipeline_defs.release.environment_status import EnvironmentStatus
from pipeline_defs.release.history import RUNNING, Row, trouble, waiting
from pipeline_defs.release.records import OnHost

STATUS_EXAMPLE = "Example: shipline status shop"


def status(
    context: typer.Context,
    app: OneOrAll = None,
    look: Annotated[
        bool, typer.Option("--look", help="Look at the servers now; else what the newest look found is shown.")
    ] = False,
) -> None:
    """Show what runs in every environment, since when and by whom, how the last deployment ended, and what is not as it should be."""
    output: Output = context.obj
    home = Home.find()
    apps = apps_named(home, app)
    places = [(each.name, environment) for each in apps for environment in each.environments]
    with open_lineage(home) as lineage:
        found = lineage.environment_statuses(places)
        paused = lineage.pauses([each.name for each in apps])
        lines = [
            {
                **_status(each, environment, found[each.name, environment]),
                "paused": paused[each.name].model_dump(mode="json") if each.name in paused else None,
                "drift": _drift(each, environment, found[each.name, environment], lineage if look else None),
            }
            for each in apps
            for environment in each.environments
        ]
    notes = [
        *(Text.assemble((f"{name}: ", "dim"), (plain(str(pause)), "yellow")) for name, pause in paused.items()),
        *(note for line in lines for note in _notes(line)),
    ]
    output.result(lines, Group(_status_table(lines), *notes))


def _status(app: App, environment: str, found: EnvironmentStatus) -> dict[str, Any]:
    """One environment: what runs there, its last deployment or rehearsal, and what is quarantined there."""
    rows, closed = found.rows, found.maintenance
    rehearses = app.environments[environment].rehearses is not None
    held = app.environments[environment].frozen(datetime.now(UTC))
    waits = waiting(rows)
    now = next((row for row in rows if row.live), None)
    shown = now or (rows[0] if rehearses and rows else None)
    return {
        "app": app.name,
        "environment": environment,
        "kind": "rehearsal" if rehearses else "deployment",
        "version": shown.version if shown else None,
        "digest": shown.digest if shown else None,
        "commit": shown.commit if shown else None,
        "since": shown.at if shown else None,
        "by": shown.actor if shown else None,
        "url": app.environments[environment].url,
        "running": any(row.outcome == RUNNING for row in rows),
        "last": row_json(rows[0]) if rows else None,
        "freeze": {"until": held.until.isoformat(), "local": held.local, "window": held.window} if held else None,
        "maintenance": closed.model_dump(mode="json") if closed else None,
        "waiting": row_json(waits) if waits else None,
        "trouble": trouble(rows),
        "hosts": [each.model_dump(mode="json") for each in _fleet(rows)],
        "quarantined": [each.model_dump(mode="json") for each in found.quarantined],
    }


def _drift(app: App, environment: str, found: EnvironmentStatus, lineage: Any) -> dict[str, Any] | None:
    """What the newest look at the servers found, or, given the lineage, a look now; None for a rehearsal, or before the first look."""
    if environment not in app.deployed:
        return None
    if lineage is not None:
        from pipeline_defs.deployments.drift import drift_of

        return drift_of(app, environment, lineage).model_dump(mode="json")
    live = next((row for row in found.rows if row.live), None)
    if found.drift is None or (live and datetime.fromisoformat(found.drift.at) < datetime.fromisoformat(live.at)):
        return None  # what was seen before the newest deployment is over
    return dict(found.drift.model_dump(mode="json"))


def _fleet(rows: list[Row]) -> tuple[OnHost, ...]:
    """What came of the newest attempt on each host that is over, where there are several: no server is looked at for it."""
    return next((row.hosts for row in rows if row.hosts), ())


def _status_table(lines: list[dict[str, Any]]) -> Table:
    table = columns("app", "environment", "version", "digest", "since", "by", "last")
    for line in lines:
        last = line["last"]
        ended = outcome(last["outcome"], f"{last['kind']} {last['version']} ") if last else Text("nothing yet", "dim")
        table.add_row(
            line["app"],
            line["environment"],
            Text(line["version"] or "-", "bold"),
            digits(line["digest"] or ""),
            local_time(line["since"]) if line["since"] else "",
            plain(line["by"] or ""),
            ended,
        )
    return table


def _notes(line: dict[str, Any]) -> Iterator[Text]:
    """What there is to know beside the table, a line each."""
    where = f"{line['app']} {line['environment']}: "
    if line["maintenance"]:
        closed = line["maintenance"]
        since = f"in maintenance since {local_time(closed['at'])} by {plain(closed['actor'])}"
        yield Text.assemble((where, "dim"), (f"{since}: {plain(closed['message'])}", "yellow"))
    if line["trouble"]:
        yield Text.assemble((where, "dim"), (plain(line["trouble"]), "bold red"))
    if line["freeze"]:
        yield Text.assemble(
            (where, "dim"), (f"frozen until {line['freeze']['local']} ({line['freeze']['window']})", "cyan")
        )
    for said in [*line["drift"]["said"], *line["drift"]["lost"]] if line["drift"] else ():
        yield Text.assemble(
            (where, "dim"), (plain(said), "bold red"), (f" (seen {local_time(line['drift']['at'])})", "dim")
        )
    if line["waiting"]:
        yield Text.assemble((where, "dim"), (f"{line['waiting']['version']} {line['waiting']['error']}", "cyan"))
    if any(each["error"] for each in line["hosts"]) and len({each["version"] for each in line["hosts"]}) > 1:
        for each in line["hosts"]:
            said = f"{each['host']} runs {each['version'] or 'nobody knows what'}"
            why = f", because {plain(each['error'])}" if each["error"] else ""
            yield Text.assemble((where, "dim"), (f"{said}{why}", "red"))
    for each in line["quarantined"]:
        said = f"{each['version']} is quarantined since {local_time(each['since'])}, because {plain(each['because'])}"
        yield Text.assemble((where, "dim"), (said, "yellow"))
