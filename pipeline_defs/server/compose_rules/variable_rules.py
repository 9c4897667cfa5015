"""Variable rules: what a compose file takes from outside is there: variables, and the files that it reads."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pipeline_defs.server.compose.compose_model import ComposeModel
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.compose.rendered_compose import RenderedCompose
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active, of_app
from pipeline_defs.server.core.failure_reason import reason
from pipeline_defs.server.core.site import Site

_ENV_FILE = re.compile(r"env file (\S+) not found|Couldn't find env file: (\S+)")
_REQUIRED = re.compile(r"required variable (\w+) is missing a value(?:: (.*))?")
_NO_FILE = re.compile(r"(?:open|stat|reading) (/\S+): no such file or directory")

_GIVEN = ("APP_VERSION", "APP_COMMIT")
"""Variables that every container of the app gets from Shipline."""


def failure(look: RenderedCompose, site: Site) -> Iterator[str]:
    """Why Compose would not run the file, with what to do where the cause is known."""
    said = look.failure
    if not said:
        return
    environment = site.environment
    if found := _ENV_FILE.search(said):
        path = _in_release(found[1] or found[2], site)
        yield (
            f"{_readers(look, path)} the env_file {path}, which is not in the release; name it under secret_files of {environment}, "
            "or add it to the repository"
        )
    elif found := _REQUIRED.search(said):
        why = f" ({found[2]})" if found[2] else ""
        yield f"the variable {found[1]} has no value{why}; set it under environment or secrets of {environment}"
    elif found := _NO_FILE.search(said):
        path = _in_release(found[1], site)
        yield f"it reads {path}, which is not in the release; name it under files of {environment}"
    else:
        yield f"Compose refuses it: {reason(said)}"


def unset(look: RenderedCompose, site: Site, found: Findings) -> None:
    """Variables that nothing sets: Compose would put nothing in their place."""
    assert look.model is not None
    where = f"set it under environment or secrets of {site.environment}"
    for name in look.unset:
        users = _users(look, name)
        by = f" ({users})" if users else ""
        found.refuse(
            f"the variable {name} is not set{by} and would be empty; {where}, or write ${{{name}:-}} for an empty one"
        )
    for service in active(look.model, site):
        given = _GIVEN if service.name in of_app(site) else ()
        for name, value in service.environment.items():
            if value is None and name not in given:
                found.refuse(
                    f"the service {service.name} takes the variable {name} from outside, and nothing sets it; {where}, or remove the line"
                )


def _in_release(path: str, site: Site) -> str:
    """A path as the repository has it, where it is below the release's folder."""
    parts = PurePosixPath(path).parts
    releases = PurePosixPath(site.path("releases")).parts
    below = parts[: len(releases)] == releases and len(parts) > len(releases) + 1
    return str(PurePosixPath(*parts[len(releases) + 1 :])) if below else path


def _readers(look: RenderedCompose, path: str) -> str:
    """`the service web reads`; the file as a whole where it cannot be told."""
    names = [
        service.name
        for service in _written(look).services.values()
        for each in service.env_files
        if PurePosixPath(path).name == PurePosixPath(each.path).name
    ]
    return f"the service {names[0]} reads" if names else "it reads"


def _users(look: RenderedCompose, variable: str) -> str:
    """The services whose lines hold a variable, in words; empty where it cannot be told."""
    used = re.compile(rf"\$\{{?{variable}\b")
    names = [service.name for service in _written(look).services.values() if used.search(str(service.keys))]
    return f"used by {', '.join(names)}" if names else ""


def _written(look: RenderedCompose) -> ComposeModel:
    """The services as the file's author wrote them."""
    for content in look.sources.values():
        try:
            model = read_model(content.decode())
        except ValueError:
            continue
        if model.services:
            return model
    return read_model("")
