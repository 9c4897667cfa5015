"""`shipline quarantine`: which releases an environment shall not get again, and a person's word on them."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from pipeline_defs.cli.app_lookup import OneOrAll, app_named, apps_named, deployed_environment
from pipeline_defs.cli.cli_output import Output, UsageError, local_time, plain
from pipeline_defs.cli.history_command import AppName, columns, digits, open_lineage
from pipeline_defs.cli.requester import actor, given_reason
from pipeline_defs.config import App, Home
from pipeline_defs.release.image_lookup import image_of
from pipeline_defs.release.quarantine import Quarantined, QuarantineEntry

ADD_EXAMPLE = "Example: shipline quarantine add shop production 1.4.2 --reason 'orders are lost'"
LIFT_EXAMPLE = "Example: shipline quarantine lift shop production 1.4.2 --reason 'the mail server was down'"
LIST_EXAMPLE = "Example: shipline quarantine list shop"

EnvironmentName = Annotated[str, typer.Argument(metavar="ENV", help="An environment that is deployed to.")]
VersionName = Annotated[str, typer.Argument(metavar="VERSION", help="A version such as 1.4.2.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the history.")]


def add(
    context: typer.Context, app: AppName, environment: EnvironmentName, version: VersionName, reason: Reason = ""
) -> None:
    """Keep a version out of an environment: neither a sensor nor a person deploys it there until it is lifted.

    What runs already runs on. Releases whose deployment failed after something was changed are quarantined by themselves.
    """
    why = given_reason(reason, "a quarantine")
    home, which, place = _place(app, environment)
    with open_lineage(home) as lineage:
        image = image_of(lineage.images(which), version=version)
        if image is None:
            raise UsageError(f"{app} has no image of version {version}; see: shipline history {app}")
        word = _word(which, place, image.version, image.digest, why, lifted=False)
        lineage.say(word)
    _told(context.obj, word)


def lift(
    context: typer.Context, app: AppName, environment: EnvironmentName, version: VersionName, reason: Reason = ""
) -> None:
    """Let a quarantined version be deployed again. Who, when and why is kept in the history."""
    why = given_reason(reason, "lifting a quarantine")
    home, which, place = _place(app, environment)
    with open_lineage(home) as lineage:
        barred: list[Quarantined] = lineage.quarantine(which, place)
        found = next((each for each in barred if each.version == version.removeprefix("v")), None)
        if found is None:
            known = ", ".join(each.version for each in barred) or "nothing"
            raise UsageError(f"{version} is not quarantined in {place} of {app}; quarantined there: {known}")
        word = _word(which, place, found.version, found.digest, why, lifted=True)
        lineage.say(word)
    _told(context.obj, word)


def list_(
    context: typer.Context,
    app: OneOrAll = None,
) -> None:
    """List what is quarantined, where, since when and why."""
    output: Output = context.obj
    home = Home.find()
    apps = apps_named(home, app)
    with open_lineage(home) as lineage:
        barred = [each for one in apps for name in one.deployed for each in lineage.quarantine(one, name)]
    output.result([each.model_dump(mode="json") for each in barred], _shown(barred))


def _place(name: str, environment: str) -> tuple[Home, App, str]:
    """The home, the app and the environment that are meant. Raises UsageError."""
    home = Home.find()
    app = app_named(home, name)
    return home, app, deployed_environment(app, environment)


def _word(app: App, environment: str, version: str, digest: str, reason: str, *, lifted: bool) -> QuarantineEntry:
    return QuarantineEntry(
        app=app.name,
        environment=environment,
        version=version,
        digest=digest,
        lifted=lifted,
        actor=actor(),
        reason=reason,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _told(output: Output, word: QuarantineEntry) -> None:
    data: dict[str, Any] = word.model_dump(mode="json")
    how = "is not quarantined any more in" if word.lifted else "is quarantined in"
    output.result(data, Text(f"{word.version} ({digits(word.digest)}) {how} {word.environment} of {word.app}"))


def _shown(barred: list[Quarantined]) -> RenderableType:
    if not barred:
        return Text("Nothing is quarantined.")
    table = columns("app", "environment", "version", "digest", "since", "because", "note")
    for each in barred:
        table.add_row(
            each.app,
            each.environment,
            Text(each.version, "bold"),
            digits(each.digest),
            local_time(each.since),
            plain(each.because),
            Text(f"overtaken by {each.overtaken_by}" if each.overtaken_by else "", "dim"),
        )
    return table
