"""`shipline diff`: what a deployment would bring that is not there yet."""

from collections.abc import Iterator
from typing import Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline_defs.cli.app_lookup import app_named, deployed_environment
from pipeline_defs.cli.cli_output import Output, plain
from pipeline_defs.cli.history_command import AppName, digits, open_lineage
from pipeline_defs.cli.plan_command import BuiltVersion, Destination
from pipeline_defs.config import Home
from pipeline_defs.release.undeployed_changes import CommitLine, Difference, FileChange

EXAMPLE = "Example: shipline diff shop production"

_MOST_LINES = 40  # of one file's difference; --json has all
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def diff(
    context: typer.Context,
    app: AppName,
    environment: Destination = None,
    version: BuiltVersion = "",
) -> None:
    """Show what a deployment would bring now: commits, pull requests, migrations, and what is new in the configuration.

    It is compared with what the server says that runs, which is looked at and not changed. Shipline need not run.
    """
    output: Output = context.obj
    home = Home.find()
    which = app_named(home, app)
    place = deployed_environment(which, environment)
    with open_lineage(home) as lineage:
        found = _found(which, place, version, lineage, home)
    output.result(found.model_dump(mode="json"), Group(*_shown(found)))


def _found(app: Any, environment: str, version: str, lineage: Any, home: Home) -> Difference:
    """The difference; what it needs takes most of a second to import."""
    from pipeline_defs.deployments.difference import difference_of
    from pipeline_defs.github.api.git_login import source_of
    from pipeline_defs.github.commit_pulls import pulls_among

    return difference_of(app, environment, version, lineage, source_of(app, home.workspace), pulls_among)


def _shown(found: Difference) -> Iterator[RenderableType]:
    live = f"{found.live.version} ({digits(found.live.digest)})" if found.live else "nothing"
    release = f"{found.release.version} ({digits(found.release.digest)})"
    yield Text.assemble((f"{found.release.app} {found.environment}", "bold"), f": {live} → {release}")
    if found.nothing:
        yield Text("The very same runs there.")
    if found.live is None:
        yield Text("Nothing runs there yet, so there is nothing to compare with.", "dim")
    if found.images:
        yield _head("images")
        yield from (Text(f"  {name} is {how}") for name, how in found.images.items())
    yield from _commits("commits", found.commits)
    yield from _commits("commits that are taken back", found.gone)
    if found.pulls:
        yield _head(f"pull requests ({len(found.pulls)})")
    for pull in found.pulls:
        closes = f" (closes {', '.join(f'#{number}' for number in pull.issues)})" if pull.issues else ""
        yield Text(f"  #{pull.number} {plain(pull.title)}{closes}")
    yield _head("migrations")
    yield Text(f"  {found.migrations.sentence}")
    yield from (Text(f"  + {plain(path)}", "green") for path in found.migration_files)
    yield from _configuration(found)
    yield from (Text(f"! {plain(sentence)}", "yellow") for sentence in found.notes)
    yield Text("Nothing was changed.", "dim")


def _commits(title: str, commits: tuple[CommitLine, ...]) -> Iterator[RenderableType]:
    if not commits:
        return
    yield _head(f"{title} ({len(commits)})")
    table = Table.grid(padding=(0, 2))
    for commit in commits:
        table.add_row(Text(f"  {commit.id[:7]}", "dim"), plain(commit.author), plain(commit.subject))
    yield table


def _configuration(found: Difference) -> Iterator[RenderableType]:
    if not (found.files or found.variables or found.values_changed or found.alterations):
        return
    yield _head("configuration")
    yield from (Text(f"  {plain(sentence)}") for sentence in found.alterations)
    yield from (Text(f"  the variable {name} is {how}") for name, how in found.variables.items())
    if found.values_changed:
        yield Text("  a variable that is no secret has another value, or other services run the image")
    for change in found.files:
        yield from _file(change)


def _file(change: FileChange) -> Iterator[RenderableType]:
    come, go = change.counts
    yield Text.assemble("  ", (plain(change.path), "bold"), f" is {change.how} (+{come} -{go})")
    for line in change.lines[:_MOST_LINES]:
        yield Text(f"    {plain(line)}", _STYLES.get(line[:1], "dim"))
    if len(change.lines) > _MOST_LINES:
        yield Text(f"    … {len(change.lines) - _MOST_LINES} lines more, with --json", "dim")


def _head(text: str) -> Text:
    return Text(f"\n{text}", "bold")
