"""`shipline doctor`: is everything there that runs need, and what to do where it is not?"""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.text import Text

from pipeline_defs.cli.app_lookup import OneOrAll, apps_named, known_apps
from pipeline_defs.cli.cli_output import Output, UsageError, plain
from pipeline_defs.cli.running_service import Service
from pipeline_defs.config import App, Home

EXAMPLE = "Example: shipline doctor shop"


def doctor(
    context: typer.Context,
    app: OneOrAll = None,
    commit: Annotated[
        str,
        typer.Option("--commit", help="The commit, branch or tag that is tried; the main branch's head by default."),
    ] = "",
) -> None:
    """Look at all that runs need: this machine's Engine, secrets, repositories, registries, GitHub's permissions, and each server.

    And try the commit that would be deployed: its Dockerfile, version, tests and collections, and its compose files, rendered on the real
    servers with the real variables.

    Nothing is changed. Every finding that is not well says what to do. Ends with status 1 when something is broken.
    """
    output: Output = context.obj
    if commit and app is None:
        raise UsageError("--commit is of one app; name it")
    home = Home.find()
    findings = _looked(home, apps_named(home, app), commit, all_files=app is None)
    ok = not any(finding.level == "broken" for finding in findings)
    output.result({"ok": ok, "findings": [asdict(finding) for finding in findings]}, _shown(findings))
    if not ok:
        raise typer.Exit(1)


def _looked(home: Home, apps: list[App], commit: str, *, all_files: bool) -> list[Any]:
    """All findings; those of files that cannot be used first."""
    from pipeline_defs.doctor.all_checks import findings
    from pipeline_defs.doctor.finding import broken, good, warning
    from pipeline_defs.doctor.machine_checks import HERE

    errors = known_apps(home)[1] if all_files else []
    files = [
        broken(error.file.stem, "file", f"{error.file} cannot be used; shipline check says why") for error in errors
    ]
    service = Service.find(home)
    runs = service is not None and (service.in_containers or service.process("up") is not None)
    shipline = (
        good(HERE, "Shipline", f"runs at {service.url}")
        if service and runs
        else warning(HERE, "Shipline", "it does not run, so nothing happens by itself", "shipline up --detach")
    )
    return [*files, shipline, *findings(apps, home.workspace, commit)]


def _shown(findings: list[Any]) -> RenderableType:
    marks = {"ok": ("✓ ", "green"), "warning": ("! ", "yellow"), "broken": ("✗ ", "red")}
    text = Text()
    about = ""
    for finding in findings:
        if finding.about != about:
            about = finding.about
            text.append(f"{plain(about)}\n", "bold")
        text.append("  ").append(*marks[finding.level]).append(f"{finding.what}: ", "dim").append(
            f"{plain(finding.says)}\n"
        )
        if finding.remedy:
            text.append(f"      → {plain(finding.remedy)}\n", "cyan")
    text.rstrip()
    return text
