"""`shipline init`: the first app's file, from what a repository shows."""

import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Group
from rich.text import Text

from pipeline_defs.cli.cli_output import Failed, Output, UsageError, plain
from pipeline_defs.config import App, ConfigError, Home, load_app, load_apps
from pipeline_defs.config.config_errors import said
from pipeline_defs.config.value_types import AppName

EXAMPLE = "Example: shipline init ~/src/blog, or shipline init ~/src/shop --dockerfile api/Dockerfile --name shop_api"


def init(
    context: typer.Context,
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The repository's folder; this one by default.")
    ] = Path(),
    name: Annotated[str, typer.Option("--name", help="The app's name; the repository's by default.")] = "",
    dockerfile: Annotated[str, typer.Option("--dockerfile", help="Which Dockerfile, where there are several.")] = "",
    service: Annotated[
        str | None, typer.Option("--service", help="The app's service in the compose files, where it cannot be told.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there already.")] = False,
) -> None:
    """Look at a repository and write its app's file, with every key explained, and say what is missing.

    It reads Dockerfiles, compose files, Alembic's settings, Postman collections, version.txt and GitHub workflows, executes nothing and
    changes nothing in the repository. Where Docker Compose is here, the compose files are rendered with it, and what no server could run is
    named. Where there is a Dockerfile and no compose file, it writes one into a folder of the home, with all else that the repository
    needs, and says how much that is. Ends with status 1, and writes nothing, where the repository lacks what no app can do without.
    """
    from pipeline_defs.doctor.offline_compose import Rendered, in_folder
    from pipeline_defs.proposal.app_file_text import text_of
    from pipeline_defs.proposal.proposal_error import ProposalError
    from pipeline_defs.proposal.repository_scan import scan
    from pipeline_defs.proposal.suggest import draft_of

    output: Output = context.obj
    home = Home.find()
    _must_be_a_name(name)
    try:
        draft = draft_of(
            scan(path.expanduser()),
            name=name,
            dockerfile=dockerfile,
            service=service,
            secret_folder=str(home.root / "secrets"),
            taken=_ports_of_others(home),
        )
    except ProposalError as error:
        raise Failed(f"no app's file is written for {path}: {error}") from None
    file = home.apps / f"{draft.name}.yaml"
    app = _write(file, text_of(draft), force=force)
    folder = _put_beside(home, draft.name, draft.files)
    composed = Rendered(missed=_COPY_FIRST) if draft.files else in_folder(app, path.expanduser())
    lines = sum(text.count("\n") for text in draft.files.values())
    secrets = [variable for variable in draft.secrets if variable not in os.environ]
    output.result(
        {
            "file": str(file),
            "app": draft.name,
            "missing": draft.missing,
            "secrets": secrets,
            "files": {"folder": str(folder or ""), "names": list(draft.files), "lines": lines},
            "compose": asdict(composed),
        },
        Group(
            Text.assemble(("✓ ", "green"), f"{file} is written"),
            *([Text.assemble(("+ ", "green"), _to_copy(folder, path, draft.files, lines))] if folder else []),
            *(Text.assemble(("! ", "yellow"), plain(sentence)) for sentence in draft.missing),
            *([Text.assemble(("! ", "yellow"), f"{home.settings}: set {', '.join(secrets)}")] if secrets else []),
            *(Text.assemble(("! ", "yellow"), plain(sentence)) for sentence in composed.refusals),
            *([Text.assemble(("! ", "yellow"), _not_looked_at(composed.missed))] if composed.missed else []),
            Text(
                f"Then: shipline check {draft.name}, and shipline doctor {draft.name}, which tries it on the server",
                "dim",
            ),
        ),
    )


def _ports_of_others(home: Home) -> frozenset[int]:
    """The ports that the other apps' files give to their environments, as `init` writes them."""
    apps, _ = load_apps(home.apps) if home.apps.is_dir() else ({}, [])
    given = (each.environment.items() for app in apps.values() for each in app.environments.values())
    return frozenset(int(value) for each in given for name, value in each if "PORT" in name and value.isdigit())


_COPY_FIRST = "copy what was written for the repository into it first"


def _put_beside(home: Home, app: str, files: dict[str, str]) -> Path | None:
    """Write what the repository lacks into a folder of the home, for a person to look through; None where it lacks nothing."""
    if not files:
        return None
    folder = home.root / "proposed" / app
    shutil.rmtree(folder, ignore_errors=True)  # what an earlier call proposed
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _to_copy(folder: Path, path: Path, files: dict[str, str], lines: int) -> str:
    named = " and ".join(files)
    return f"the repository needs {named} ({len(files)} new, {lines} lines); look them through, then: cp -r {folder}/. {plain(str(path))}/"


def _not_looked_at(why: str) -> str:
    return f"the compose files were not looked at: {plain(why)}"


def _must_be_a_name(name: str) -> None:
    """Raise UsageError for a name that no app can have; it becomes a file's name, too."""
    try:
        TypeAdapter(AppName | Literal[""]).validate_python(name)
    except ValidationError as error:
        allowed = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"--name: {said(name, allowed)}") from None


def _write(file: Path, text: str, *, force: bool) -> App:
    """Write the file as a whole, once it is known to be right; gives what it says. Raises UsageError where it is there already."""
    there = [each for each in (file, file.with_suffix(".yml")) if each.exists()]
    if there and not force:
        raise UsageError(
            f"{there[0]} is there already and is left as it is; --force replaces it, --name writes another one"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".init-") as folder:
        made = Path(folder) / file.name
        made.write_text(text)
        try:
            app = load_app(made)
        except ConfigError as error:
            raise UsageError("; ".join(f"{problem}" for problem in error.problems)) from None
        if force:
            made.replace(file)
        else:
            _place(made, file)
    return app


def _place(made: Path, file: Path) -> None:
    """Give the file its name, unless somebody else has written one meanwhile."""
    try:
        os.link(made, file)
    except FileExistsError:
        raise UsageError(f"{file} is there already and is left as it is; --force replaces it") from None
