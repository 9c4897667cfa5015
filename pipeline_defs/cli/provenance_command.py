"""`shipline provenance`: how an image was made, as a statement that other programs understand."""

import json
from typing import Annotated, Any

import typer
from rich.syntax import Syntax

from pipeline_defs.cli.app_lookup import app_named
from pipeline_defs.cli.cli_output import Failed, Output, UsageError
from pipeline_defs.cli.history_command import AppName, open_lineage
from pipeline_defs.config import App, Home
from pipeline_defs.release.image_lookup import image_of
from pipeline_defs.release.records import Image
from pipeline_defs.release.version import Version

EXAMPLE = "Example: shipline --json provenance shop 1.4.2, or shipline provenance shop 1.4.2 --pushed"


def provenance_command(
    context: typer.Context,
    app: AppName,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="The image's version.")],
    pushed: Annotated[
        bool,
        typer.Option("--pushed", help="The one that is kept beside the image in the registry, by the image's digest."),
    ] = False,
) -> None:
    """Print the in-toto statement with SLSA v1.0 provenance of a version's image. It is not signed."""
    output: Output = context.obj
    home = Home.find()
    which = app_named(home, app)
    wanted = str(Version.parse(version))
    with open_lineage(home) as lineage:
        image = image_of((each for each in lineage.images(which) if not each.untrusted), version=wanted)
    if image is None:
        raise UsageError(f"{app} has no image of {wanted}; see: shipline trace {app} {wanted}")
    statement = _pushed(which, image) if pushed else _known(which, image, home)
    output.result(
        statement, Syntax(json.dumps(statement, indent=2), "json", background_color="default", word_wrap=True)
    )


def _known(app: App, image: Image, home: Home) -> dict[str, Any]:
    """What the lineage knows of its making."""
    from pipeline_defs.resources.attestation import statement_of

    return statement_of(app, image, home.page)


def _pushed(app: App, image: Image) -> dict[str, Any]:
    """What the registry has beside the image. Raises Failed where it has nothing, and RegistryError."""
    from pipeline_defs.resources.attestation import attested
    from pipeline_defs.resources.registry_client import registry_of

    statement = attested(registry_of(app), image)
    if statement is None:
        raise Failed(
            f"the registry has no provenance beside {app.image}@{image.digest}; the next run that makes or promotes this image puts it "
            "there, or says in its log why not"
        )
    return statement
