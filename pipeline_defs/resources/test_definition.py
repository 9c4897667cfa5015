"""Definition: all that decides what a test run tests, besides the image, as one hash. A proof of testing is looked up by it."""

import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.build import ImageTest
from pipeline_defs.resources.compose_test_file import Merging, merge
from pipeline_defs.resources.docker_client import Client, EngineError
from pipeline_defs.resources.tree_hash import context_digest, inside, path_digest

_FORMAT = "1"  # raise it when the way tests are run changes what they prove
_IMAGE, _TEST_IMAGE, _RESULTS = "shipline/image", "shipline/tests", "/shipline-results"
_NOT_DECIDING = {"timeout"}  # of the settings under `test`
_LEAVING = ("volumes_from", "network_mode", "pid", "ipc")
"""Keys of a service that may lead to another project's container."""
_MOUNTS = ("bind", "volume", "tmpfs", "image")


class Unprovable(ShiplineError):
    """What a test run would test cannot be told from the repository alone; the message is a phrase that says why."""


def definition_of(client: Client, checkout: Path, test: ImageTest, images: Collection[str] = ()) -> str:
    """SHA-256 over the tests of this checkout: settings, merged compose file, and the content of everything that it reads.

    The merged file has what `extends`, `include`, `env_file` and variables bring; bind mounts, configs, secrets and build contexts
    count by their content. Images count by their names alone, as those that a Dockerfile starts from do. `images` are the variables of
    the app's images, where it has several.

    Raises:
        Unprovable: part of what is tested lies outside of the repository, so that the tests have to run.
        EngineError: the compose file cannot be read.
    """
    file = inside(checkout, test.compose, "test.compose")
    several = {name: f"{_IMAGE}/{name.lower()}" for name in images}
    merging = Merging(_IMAGE, _RESULTS, "shipline-test", test_image=_TEST_IMAGE, images=several)
    model = merge(client, file, test, merging)
    root = checkout.resolve()
    try:
        contents = sorted(set(_contents(model, root)))
    except (OSError, EngineError) as error:
        raise Unprovable(f"{test.compose} reads what cannot be read here ({error})") from error
    settings = test.model_dump(mode="json", exclude=_NOT_DECIDING)
    told = json.dumps([_FORMAT, settings, _relative(model, (str(root), str(checkout))), contents], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def proof_of(tree: str, definition: str) -> str:
    """What a proof is kept under: SHA-256 of the image's tree and the definition of its tests."""
    return hashlib.sha256(f"{tree} {definition}".encode()).hexdigest()


def _relative(node: Any, roots: tuple[str, ...]) -> Any:
    """The model without the place of the checkout, which differs from run to run."""
    if isinstance(node, dict):
        return {_relative(key, roots): _relative(value, roots) for key, value in node.items()}
    if isinstance(node, list):
        return [_relative(each, roots) for each in node]
    if isinstance(node, str):
        for root in roots:
            node = node.replace(root, "<checkout>")
    return node


def _contents(model: Mapping[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    """(path in the repository, digest) of all that the services get from it. Raises Unprovable."""
    for name, service in model["services"].items():
        _refuse_leaving(name, service)
        for path in _files_of(service):
            yield from _content(path, root)
        if service.get("build"):
            yield from _built(name, service["build"], root)
    for section in ("configs", "secrets", "volumes", "networks"):
        for name, thing in (model.get(section) or {}).items():
            yield from _shared(f"{section}.{name}", thing or {}, root)


def _files_of(service: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(mount.get("source")) for mount in service.get("volumes") or [] if mount.get("type") == "bind")
    for key in ("env_file", "label_file"):
        for each in filter(None, _listed(service.get(key))):
            yield str(each["path"] if isinstance(each, dict) else each)


def _refuse_leaving(name: str, service: Mapping[str, Any]) -> None:
    """Raise Unprovable for a service that uses what belongs to something else."""
    for key in _LEAVING:
        if any(str(each).startswith("container:") for each in _listed(service.get(key))):
            raise Unprovable(f"services.{name}.{key} names a container of something else")
    for key in ("external_links", "provider"):
        if service.get(key):
            raise Unprovable(f"services.{name}.{key} is used")
    for mount in service.get("volumes") or []:
        if mount.get("type") not in _MOUNTS:
            raise Unprovable(f"services.{name}.volumes has the type {mount.get('type')}")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _built(name: str, build: Mapping[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    """A build context of the test compose file, as its own `.dockerignore` shows it."""
    context = _place(str(build.get("context") or "."), root)
    if not context.is_dir():
        raise Unprovable(f"services.{name}.build.context is no folder of the repository")
    dockerfile = context / str(build.get("dockerfile") or "Dockerfile")
    if not build.get("dockerfile_inline"):
        yield from _content(str(dockerfile), root)
    yield f"context {context.relative_to(root)} {build.get('dockerfile')}", context_digest(context, dockerfile)
    for what, value in (build.get("additional_contexts") or {}).items():
        if not str(value).startswith(("docker-image://", "service:", "target:")):
            yield f"context {what}", path_digest(_place(str(value), root))


def _shared(where: str, thing: Mapping[str, Any], root: Path) -> Iterator[tuple[str, str]]:
    """What a config, secret or volume brings; a network brings nothing, unless it is another project's."""
    if thing.get("external"):
        raise Unprovable(f"{where} is external")
    if thing.get("environment"):
        raise Unprovable(f"{where} takes its value from the environment, which no file shows")
    if where.startswith("networks."):
        return
    if thing.get("file"):
        yield from _content(str(thing["file"]), root)
    if thing.get("driver") not in (None, "", "local"):
        raise Unprovable(f"{where} has the driver {thing['driver']}")
    options = thing.get("driver_opts") or {}
    device = str(options.get("device") or "")
    if device and options.get("type") != "tmpfs":
        yield from _content(device, root)


def _content(path: str, root: Path) -> Iterator[tuple[str, str]]:
    """A file or folder of the repository; the results folder counts for nothing, and the Engine's socket by its name."""
    if Path(path).is_relative_to(_RESULTS):
        return
    if os.path.lexists(path) and stat.S_ISSOCK(Path(path).stat().st_mode):
        yield path, "socket"
        return
    place = _place(path, root)
    yield str(place.relative_to(root)), path_digest(place) if place.exists() else "nothing"


def _place(path: str, root: Path) -> Path:
    """A path of the repository, links followed. Raises Unprovable for one that is elsewhere."""
    place = Path(path).resolve()
    if not Path(path).is_absolute() or not place.is_relative_to(root):
        raise Unprovable(f"it uses {path}, which is not in the repository")
    return place
