"""`shipline provenance`: how an image was made, as a statement that other programs understand."""

import json
from importlib.metadata import version as installed_version
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.syntax import Syntax

from pipeline_defs.cli.apps import app_named
from pipeline_defs.cli.history import AppName, open_lineage
from pipeline_defs.cli.output import Output, Wrong
from pipeline_defs.config import App, Home
from pipeline_defs.release.images import image_of
from pipeline_defs.release.provenance import provenance
from pipeline_defs.release.version import Version, VersionError

EXAMPLE = "Example: shipline --json provenance shop 1.4.2"

_NOWHERE = "https://shipline.invalid"
"""The builder's name while no page has an address that people reach: SHIPLINE_URL gives it one."""


def provenance_command(
    context: typer.Context,
    app: AppName,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The image's version.")],
) -> None:
    """Print the in-toto statement with SLSA v1.0 provenance of a version's image. It is not signed."""
    output: Output = context.obj
    home = Home.find()
    which = app_named(home, app)
    try:
        wanted = str(Version.parse(version))
    except VersionError as error:
        raise Wrong(str(error)) from None
    with open_lineage(home) as lineage:
        image = image_of((each for each in lineage.images(which) if not each.untrusted), version=wanted)
    if image is None:
        raise Wrong(f"{app} has no image of {wanted}; see: shipline trace {app} {wanted}")
    statement = provenance(image, _address(which), home.page or _NOWHERE, installed_version("shipline"))
    output.result(
        statement, Syntax(json.dumps(statement, indent=2), "json", background_color="default", word_wrap=True)
    )


def _address(app: App) -> str:
    """Where the app's repository is, without a name or password that its address may hold."""
    if app.full_name:
        return f"https://github.com/{app.full_name}"
    parts = urlsplit(app.repository)
    return (
        parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        if parts.scheme in ("http", "https")
        else app.repository
    )
