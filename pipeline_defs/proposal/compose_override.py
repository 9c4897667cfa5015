"""Compose override: what a compose file needs to run in production, or beside production, written as a file on top of it.

Compose's tags `!reset` and `!override` (https://docs.docker.com/reference/compose-file/merge/) take out and replace what the file says.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from pipeline_defs.proposal.found_compose_file import ComposeFile, Service
from pipeline_defs.proposal.repository_scan import Dockerfile, Repository
from pipeline_defs.proposal.service_roles import is_other, is_proxy

_DEVELOPS = re.compile(
    r"--reload\b|\brunserver\b|\bflask\b.*\brun\b|\bnodemon\b|\b(npm|pnpm|yarn)( run)? (dev|start:dev)\b|\b(vite|next dev)\b|"
    r"--watch\b|\bdebugpy\b|\bwatchmedo\b"
)
"""What a command says that serves somebody who changes the code."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*):?-(\d+)\}")
_PORT = re.compile(r"(?P<address>(?:\[[^\]]*\]|[^:$\[]*):)?(?P<outside>\$\{[^}]*\}|\d+):(?P<inside>.+)")
_FIRST_VARIABLE = "PUBLISHED_PORT"


@dataclass
class Override:
    """A compose file on top of another one.

    Attributes:
        text: the file; empty where nothing has to be changed.
        ports: the variables of the ports that are published, with their values where it is not said otherwise.
    """

    text: str = ""
    ports: dict[str, int] = field(default_factory=dict)

    def rehearsed(self, used: Collection[int] = ()) -> dict[str, str]:
        """The same variables with other ports, for a rehearsal on the same server; those that are used already are left alone."""
        taken = {*self.ports.values(), *used}
        made = {}
        for name, port in self.ports.items():
            other = next(each for each in range(max(port, 8080) + 1, 2**16) if each not in taken)
            taken.add(other)
            made[name] = str(other)
        return made


def for_production(repository: Repository, file: ComposeFile, dockerfile: Dockerfile, own: Collection[str]) -> Override:
    """What a compose file for development needs to run on a server, and twice on one.

    The services `own` run without the repository's files mounted over them and by the image's own command; databases and the like
    publish nothing; every other port is published as a variable says.
    """
    made = Override()
    lines = []
    for name, service in file.services.items():
        changed = [
            *(_served(repository, dockerfile, service) if name in own else ()),
            *_published(made, service),
            *(["container_name: !reset null"] if service.said.get("container_name") else []),
        ]
        if changed and "restart" not in service.said and not service.ends:
            changed.append("restart: unless-stopped")
        lines += _lines(name, changed)
    made.text = _text(f"What is otherwise than in {file.path} on a server.", lines)
    return made


def for_rehearsal(file: ComposeFile) -> Override:
    """What a compose file for production needs to run beside itself: nothing published whose port is fixed, and no name that is taken."""
    made = Override()
    lines = []
    for name, service in file.services.items():
        known = [_VARIABLE.fullmatch(_outside(port)) for port in _ports(service)]
        made.ports |= {match[1]: int(match[2]) for match in known if match}
        lines += _lines(
            name,
            [
                *(["ports: !reset []"] if not all(known) else []),
                *(["container_name: !reset null"] if service.said.get("container_name") else []),
            ],
        )
    made.text = _text(f"What is otherwise than in {file.path} in a rehearsal, which runs beside it.", lines)
    return made


def _served(repository: Repository, dockerfile: Dockerfile, service: Service) -> Iterator[str]:
    """Changes to a service of the app's own image: the image's files and command instead of those of somebody's checkout."""
    volumes = list(service.said.get("volumes") or [])
    kept = [each for each in volumes if not _is_source(repository, each)]
    if len(kept) < len(volumes):
        kept = [
            each for each in kept if not _is_anonymous(each)
        ]  # they only kept folders of the image from being covered
        yield f"volumes: !override {_flow(kept)}" if kept else "volumes: !reset []"
    command = service.said.get("command")
    words = " ".join(map(str, command)) if isinstance(command, list) else str(command or "")
    if dockerfile.command and _DEVELOPS.search(words):
        yield "command: !reset null"


def _published(made: Override, service: Service) -> Iterator[str]:
    """Changes to the published ports of a service; the variables are added to `made`."""
    ports = _ports(service)
    if not ports:
        return
    if is_other(service) and not is_proxy(service):
        yield "ports: !reset []"
        return
    given = [_as_variable(made, port) for port in ports]
    if given != ports:
        yield f"ports: !override {_flow(given)}"


def _as_variable(made: Override, port: Any) -> Any:
    """A port of which a variable says where it is published; as it is where one does, or where Docker chooses the port."""
    outside = _outside(port)
    if match := _VARIABLE.fullmatch(outside):
        made.ports[match[1]] = int(match[2])
        return port
    if not outside.isdigit():
        return port
    name = _FIRST_VARIABLE if not made.ports else f"{_FIRST_VARIABLE}_{len(made.ports) + 1}"
    made.ports[name] = int(outside)
    variable = f"${{{name}:-{outside}}}"
    if isinstance(port, dict):
        return {**port, "published": variable}
    match = _PORT.fullmatch(str(port))
    return f"{match['address'] or ''}{variable}:{match['inside']}" if match else port


def _ports(service: Service) -> list[Any]:
    given = service.said.get("ports")
    return list(given) if isinstance(given, list) else []


def _outside(port: Any) -> str:
    """The port of the host as it is written, without an address before it; empty where Docker chooses one."""
    if isinstance(port, dict):
        return str(port.get("published") or "")
    match = _PORT.fullmatch(str(port))
    return match["outside"] if match else ""


def _is_source(repository: Repository, volume: Any) -> bool:
    """True for a folder of the repository that the service may write to: that of the code, for somebody who changes it."""
    source = str(volume.get("source") or "") if isinstance(volume, dict) else str(volume).partition(":")[0]
    options = str(volume).rpartition(":")[2].split(",")
    read_only = bool(volume.get("read_only")) if isinstance(volume, dict) else "ro" in options
    return source.startswith(".") and not read_only and repository.has_below(source)


def _is_anonymous(volume: Any) -> bool:
    return not (volume.get("source") if isinstance(volume, dict) else ":" in str(volume))


def _lines(name: str, changed: list[str]) -> list[str]:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", name) and yaml.safe_load(name) == name
    key = name if plain else _quoted(name)
    return [f"  {key}:", *(f"    {line}" for line in changed)] if changed else []


def _quoted(name: str) -> str:
    return yaml.safe_dump(name, default_style='"', width=10**6).strip()


def _flow(values: list[Any]) -> str:
    """A list of what a compose file says, in one line."""
    return json.dumps(values, default=str)


def _text(says: str, lines: list[str]) -> str:
    return (
        "\n".join([f"# {''.join(each if each.isprintable() else ' ' for each in says)}", "services:", *lines, ""])
        if lines
        else ""
    )
