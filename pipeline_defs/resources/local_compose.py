"""Local compose: what the compose files of a checkout say, merged by Compose on this machine. No Engine is asked."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.compose_test_file import compose_program
from pipeline_defs.resources.docker_client import EngineError, last_line, run_docker
from pipeline_defs.server.compose.bundle import counted
from pipeline_defs.server.core.relative_paths import Model, Mount, Read, Source
from pipeline_defs.server.core.site import Site

_VARIABLE = re.compile(r"\$\{?(\w+)")
_IMAGE = re.compile(r"\$\{?(IMAGE_\w+)")
"""Variables of an app's images, which nobody has built yet."""
_DIGITS = 32
_RAW = ("--no-interpolate", "--no-env-resolution")


def merged(site: Site, checkout: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The merged compose file of a site, as Compose prints it, with all profiles; relative paths lie in the checkout.

    Without `environment` its variables stay as they are written, and no `env_file` is read. Raises EngineError where there is no
    Compose, or where it refuses the files.
    """
    files = [word for path in site.config.compose_files for word in ("--file", str(checkout / path))]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as pinned:
        # What the override on the server gives: a service may leave its image to it.
        json.dump({"services": {name: {"image": "shipline/app"} for name in site.services}}, pinned)
        pinned.flush()
        folder = checkout / site.config.compose
        words = ("-p", site.project, "--project-directory", str(folder.parent), *files, "--file", pinned.name)
        options = ("config", "--format", "json", *(_RAW if environment is None else ()))
        given = {"COMPOSE_PROFILES": "*", **(environment or {})}
        result = run_docker((*compose_program(), *words, *options), environment=given)
    if not result.ok:
        said = last_line(result).replace(f"{checkout}/", "")
        raise EngineError(f"{', '.join(site.config.compose_files)} cannot be used by Compose: {said}")
    model: dict[str, Any] = json.loads(result.stdout)
    return model


def read(model: Mapping[str, Any], checkout: Path, inline: Mapping[str, str] | None = None) -> Model:
    """The relative paths of a merged compose file of this checkout. `inline`: see `Model`."""
    services = {name: service or {} for name, service in (model.get("services") or {}).items()}
    sources = tuple(_sources(model, checkout))
    named = [*(f"{source.section}/{source.name}" for source in sources), *(inline or {})]
    users = {each: tuple(_users(services, *each.split("/", 1))) for each in named}
    mounts = [*_mounts(services, checkout), *_bound(model.get("volumes") or {}, checkout)]
    develops = tuple(name for name, service in services.items() if service.get("develop"))
    return Model(tuple(mounts), sources, tuple(_reads(services, checkout)), users, inline, develops)


def model_of(site: Site, checkout: Path, settings: Mapping[str, str | Secret]) -> Model:
    """The relative paths of a site's compose files; where a path has a variable in it, with the values that it gets.

    Secrets are files in the checkout and placeholders in the variables. Raises EngineError.
    """
    written = merged(site, checkout)
    raw = read(written, checkout, dict(_inline(written, settings)))
    if not raw.unresolved:
        return raw
    values = {
        name: value if isinstance(value, str) else "secret" for name, value in settings.items() if "/" not in name
    }
    values |= dict.fromkeys(_IMAGE.findall(json.dumps(written)), "shipline/app")
    with _all_there(checkout, [each.path for each in raw.reads], settings):
        return replace(read(merged(site, checkout, values), checkout, raw.inline), reads=raw.reads, resolved=True)


@contextmanager
def _all_there(checkout: Path, paths: Iterable[str], settings: Mapping[str, str | Secret]) -> Iterator[None]:
    """Inside the block the checkout has all files that Compose reads: it refuses to go on without one."""
    made: list[Path] = []
    try:
        for path in dict.fromkeys(paths):
            file = (checkout / path).resolve()
            if "$" in path or file.exists() or not file.is_relative_to(checkout.resolve()):
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            made.append(file)
            value = settings.get(f"./{path}")
            file.write_text(value.reveal() if isinstance(value, Secret) else "")
        yield
    finally:
        for file in made:
            file.unlink()


def _mounts(services: Mapping[str, Any], checkout: Path) -> Iterator[Mount]:
    for name, service in services.items():
        for volume in service.get("volumes") or []:
            path = _inside(volume.get("source"), checkout)
            if path is not None and (volume.get("type") == "bind" or "$" in path):
                yield Mount(name, path, str(volume.get("target", "")), not volume.get("read_only"), volume)


def _bound(volumes: Mapping[str, Any], checkout: Path) -> Iterator[Mount]:
    for name, volume in volumes.items():
        path = _inside(((volume or {}).get("driver_opts") or {}).get("device"), checkout)
        if path is not None and not path.startswith("./"):  # which neither Compose nor Docker takes
            yield Mount("", path, "", True, name)


def _sources(model: Mapping[str, Any], checkout: Path) -> Iterator[Source]:
    for section in ("configs", "secrets"):
        for name, each in (model.get(section) or {}).items():
            path = _inside((each or {}).get("file"), checkout)
            if path is not None:
                yield Source(section, name, path)


def _users(services: Mapping[str, Any], section: str, name: str) -> Iterator[str]:
    """The services that use a config or a secret."""
    for service, keys in services.items():
        if name in [_name(each) for each in keys.get(section) or []]:
            yield service


def _inline(model: Mapping[str, Any], settings: Mapping[str, str | Secret]) -> Iterator[tuple[str, str]]:
    """What changes with the content of each config and secret that stands in the file or in a variable, by `section/name`.

    It tells nothing of a secret.
    """
    for section in ("configs", "secrets"):
        for name, each in (model.get(section) or {}).items():
            content, variable = str(each.get("content") or ""), str(each.get("environment") or "")
            if content or variable:
                used = sorted({variable, *_VARIABLE.findall(content)} & set(settings))
                summary = [content, variable, [counted(given, settings[given]) for given in used]]
                yield f"{section}/{name}", hashlib.sha256(json.dumps(summary).encode()).hexdigest()[:_DIGITS]


def _reads(services: Mapping[str, Any], checkout: Path) -> Iterator[Read]:
    for name, service in services.items():
        for key in ("env_file", "label_file"):
            for each in _listed(service.get(key)):
                given = each if isinstance(each, dict) else {"path": each}
                path = _inside(given.get("path"), checkout) or str(given.get("path"))
                yield Read(name, key, path, bool(given.get("required", True)), each if isinstance(each, dict) else None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _name(use: Any) -> str:
    return str(use.get("source", "")) if isinstance(use, dict) else str(use)


def _inside(path: Any, checkout: Path) -> str | None:
    """A path from the repository's root, None for one that is not relative. What leads out of the repository begins with `..`.

    Compose makes relative paths absolute, from the checkout; one that leads out ends beside it, in the workspace.
    """
    text = str(path or "")
    if text.startswith(("$", "./", "../")):
        return text  # Compose leaves a path that begins with a variable, or comes from one, as it is
    workspace = checkout.parents[2] if len(checkout.parents) > 2 else checkout.parent
    if not text.startswith("/") or not Path(text).is_relative_to(workspace):
        return None
    return os.path.relpath(text, checkout)
