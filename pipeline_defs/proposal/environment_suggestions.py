"""Environment suggestions: what the compose files for staging and production suggest of them."""

import json
import re
from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.config.host import PLACEHOLDER
from pipeline_defs.config.inheritance import INHERITED
from pipeline_defs.proposal.app_commands import migrations
from pipeline_defs.proposal.compose_override import Override, for_production, for_rehearsal
from pipeline_defs.proposal.compose_variables import default_of
from pipeline_defs.proposal.draft import Draft
from pipeline_defs.proposal.e2e_suggestion import end_to_end
from pipeline_defs.proposal.found_compose_file import ComposeFile, Service
from pipeline_defs.proposal.image_choice import Choice
from pipeline_defs.proposal.repository_scan import Repository, path_asked, says_production
from pipeline_defs.proposal.service_roles import dependent_services, is_proxy, own_service

_GIVEN = {"APP_VERSION", "APP_COMMIT", "IMAGE", "RESULTS"}  # variables that Shipline sets itself


def environments(draft: Draft, choice: Choice) -> dict[str, Any]:
    """{name: its keys and values}; staging only where it could rehearse. Raises ProposalError where no service is the app's."""
    production, staging = choice.repository.compose["production"], choice.repository.compose.get("staging")
    made = {"production": _environment(draft, choice, production, "production")}
    made["production"] |= _route(draft, choice, production, made["production"]["service"])
    draft.change.add("environments.production.hosts.address")
    draft.lacks(f"environments.production.hosts.address: write your server in place of {PLACEHOLDER}")
    if staging is None:
        return {**made, "staging": _beside(draft, choice, production, made["production"])}
    copy = _environment(draft, choice, staging, "staging")
    if ("database" in copy) != ("database" in made["production"]):
        draft.lacks(f"{staging.path}: a PostgreSQL as in {production.path}, or in neither; so it cannot rehearse")
        return made
    if clash := _published(staging) & _published(production):
        ports = ", ".join(map(str, sorted(clash)))
        draft.lacks(f"{staging.path}: publish another port than {ports}, which is that of {production.path}")
    production_has = made["production"]
    differs = {key: value for key, value in copy.items() if key not in INHERITED or production_has.get(key) != value}
    left_out = {key: None for key in ("migrate", "revision", "downgrade") if key in production_has and key not in copy}
    return {**made, "staging": {"rehearses": "production", **differs, **left_out}}


def _beside(draft: Draft, choice: Choice, file: ComposeFile, production: dict[str, Any]) -> dict[str, Any]:
    """A rehearsal by production's own compose file; a file on top of each is written where the app could not run twice without it.

    A compose file whose name does not say production is written over for production too, so that it serves people and no developers.
    """
    own = [production["service"], *production.get("also", ())]
    override = for_rehearsal(file)
    if not says_production(file):
        override = for_production(choice.repository, file, choice.dockerfile, own)
        production |= _on_top(draft, file, "production.yml", override)
    ports = override.rehearsed(draft.taken)
    return {
        "rehearses": "production",
        **(_on_top(draft, file, "staging.yml", override) if says_production(file) else {}),
        **({"environment": ports} if ports else {}),
        **end_to_end(draft, choice.repository, "staging", production["port"]),
    }


def _route(draft: Draft, choice: Choice, file: ComposeFile, own: str) -> dict[str, Any]:
    """The router, where the compose file publishes no port at all and no proxy of somebody else's may reach the app."""
    services = file.services.values()
    reached = any(each.said.get("ports") or each.said.get("network_mode") or is_proxy(each) for each in services)
    if reached or file.joins:
        return {}
    check = json.dumps(file.services[own].said.get("healthcheck") or "")
    health = path_asked(check) or choice.dockerfile.health or "/"
    draft.lacks(
        f"environments.production.route: {file.path} publishes no port, so people reach {own} by the server's router at port 80; "
        f"take route out where something else leads to it"
    )
    return {"route": {"health": health}}


def _on_top(draft: Draft, file: ComposeFile, name: str, override: Override) -> dict[str, Any]:
    """The key `compose` with a file that is written on top of another one, beside it; nothing where that has no text."""
    if not override.text:
        return {}
    path = str(PurePosixPath(file.path).with_name(name))
    draft.files[path] = override.text
    return {"compose": [*file.paths, path]}


def _published(file: ComposeFile) -> set[int]:
    return {port for service in file.services.values() for port in service.published}


def _environment(draft: Draft, choice: Choice, file: ComposeFile, name: str) -> dict[str, Any]:
    dockerfile = choice.dockerfile
    service = own_service(file, dockerfile.path, choice.service)
    port = dockerfile.port or next(iter(service.ports), 8000)
    made: dict[str, Any] = {
        "hosts": {"address": PLACEHOLDER},
        "directory": f"/opt/shipline/{draft.name}/{name}",
        "compose": list(file.paths) if file.overrides else file.path,
        "service": service.name,
        "port": port,
    }
    if workers := dependent_services(file, service):
        made["also"] = workers
    unset = [variable for variable in file.unset if variable not in _GIVEN]
    if unset:
        # Nobody can tell which of them are secret; a value that is not may be moved to `environment`.
        made["secrets"] = {variable: draft.secret(variable) for variable in unset}
    if not (dockerfile.healthcheck or service.healthcheck):
        draft.lacks(f"{dockerfile.path}: a HEALTHCHECK; a deployment waits until the container says that it is healthy")
    repository = choice.repository
    return {
        **made,
        **_secret_files(draft, repository, file, name),
        **_database(draft, file),
        **migrations(draft, repository, choice.folder),
        **end_to_end(draft, repository, name, port),
    }


def _secret_files(draft: Draft, repository: Repository, file: ComposeFile, name: str) -> dict[str, Any]:
    """The `env_file`s that git has not; whatever else the compose file takes of the repository goes along by itself."""
    taken = dict.fromkeys(path for service in file.services.values() for path in service.reads)
    secret = [path for path in taken if not repository.has(path)]
    made = {}
    for path in secret:
        place = f"{draft.secret_folder}/{draft.name}-{name}{PurePosixPath(path).name if len(secret) > 1 else '.env'}"
        made[path] = {"file": place}
        draft.lacks(
            f"{place}: {file.path} takes {path}, which git has not; put it there on Shipline's machine, mode 0600"
            + _as_in_example(repository, path)
        )
    return {"secret_files": made} if made else {}


def _as_in_example(repository: Repository, path: str) -> str:
    """The variables that an example beside a file names, such as `.env.example`."""
    for example in (f"{path}.example", f"{path}.sample", f"{path}.template", f"{path}.dist"):
        try:
            text = (repository.root / example).read_text(errors="replace")
        except OSError:
            continue
        if names := re.findall(r"^(?:export\s+)?([A-Za-z_]\w*)=", text, re.MULTILINE):
            return f"; {example} names {', '.join(dict.fromkeys(names))}"
    return ""


def _database(draft: Draft, file: ComposeFile) -> dict[str, Any]:
    postgres = file.postgres
    if postgres is None:
        draft.lacks(
            "database: no compose file has a PostgreSQL; without `database` (its `url`, if it is elsewhere) nothing is backed up"
        )
        return {}
    user = _value(draft, file, postgres, "POSTGRES_USER", "postgres")
    found = {"service": postgres.name, "name": _value(draft, file, postgres, "POSTGRES_DB", user), "user": user}
    if postgres.volume is None:
        draft.lacks(
            f"{file.path}: a named volume for the data of {postgres.name}; the rehearsal makes staging's anew each time"
        )
        return {"database": found}
    return {"database": {**found, "volume": postgres.volume}}


def _value(draft: Draft, file: ComposeFile, service: Service, variable: str, default: str) -> str:
    """What a variable of the database's container is; the app's name where only somebody else knows."""
    known = default_of(service.environment.get(variable, "") or default)
    if known is None:
        draft.lacks(f"database: {file.path} takes {variable} from outside; write its value in place of {draft.name}")
    return known or draft.name
