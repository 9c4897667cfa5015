"""Release files: everything of a commit that a release of a site consists of, and what its containers see of it."""

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from pipeline_defs.config.pull_place import PullEnvironment
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.compose_includes import included
from pipeline_defs.resources.confined_compose import confine
from pipeline_defs.resources.docker_client import EngineError
from pipeline_defs.resources.local_compose import model_of
from pipeline_defs.resources.tree_hash import inside
from pipeline_defs.server.compose.bundle import DATA, FILE, PATHS, PLACED, needed_files, placed_as
from pipeline_defs.server.core.path_overrides import READ, SEEN, Roots, base, override
from pipeline_defs.server.core.relative_paths import PLACEHOLDERS, Given, Kind, Model, Paths, resolve_paths
from pipeline_defs.server.core.site import Site

_ADDRESS = 32  # hex digits of a content's hash


def release_files(site: Site, checkout: Path, settings: Mapping[str, str | Secret]) -> dict[str, bytes]:
    """The files of a release by their path in the repository, and those that are made of them, by names of Shipline's own.

    Raises EngineError for what is missing, and with a sentence for each path of the compose file that is neither clearly a file of the
    release nor data that the app writes.
    """
    key = f"environments.{site.environment}"
    confined = confine(site, checkout) if isinstance(site.config, PullEnvironment) else {}
    files = {path: inside(checkout, path, key).read_bytes() for path in included(checkout, site.config.compose_files)}
    for path in needed_files(site):
        files |= _read(checkout, path, key)
    model, paths = paths_of(site, checkout, settings)
    if paths.refusals:
        raise EngineError("; ".join(paths.refusals))
    for path in sorted(paths.release | paths.read):
        if f"{FILE}{path}" not in settings:
            files |= _read(checkout, path, key)
    files |= _made(site, checkout, settings, model, paths) | confined
    return {path: content for path, content in files.items() if f"{FILE}{path}" not in settings}


def paths_of(site: Site, checkout: Path, settings: Mapping[str, str | Secret]) -> tuple[Model, Paths]:
    """The relative paths of a site's compose files and what each is, with a sentence for each that is refused. Raises EngineError."""
    model = model_of(site, checkout, settings)
    given = Given(
        site.environment,
        site.data,
        str(PurePosixPath(site.config.compose).parent),
        frozenset(_plain(path) for path in site.config.data),
        frozenset(_plain(path) for path in site.config.secret_files),
    )
    return model, resolve_paths(model, given, lambda path: kind_at(checkout, path))


def kind_at(checkout: Path, path: str) -> Kind:
    """What a path is in a checkout. Links are followed as far as they stay in it."""
    found = (checkout / path).resolve()
    if not found.is_relative_to(checkout.resolve()):
        return Kind.ABSENT
    if found.is_dir():
        names = {name for _, _, names in os.walk(found) for name in names}
        return Kind.FOLDER if names - PLACEHOLDERS else Kind.PLACEHOLDER if names else Kind.ABSENT
    return Kind.FILE if found.is_file() else Kind.ABSENT


def _made(
    site: Site, checkout: Path, settings: Mapping[str, str | Secret], model: Model, paths: Paths
) -> dict[str, bytes]:
    """The override of the paths, an archive of what lies where it says, and the list of the data."""
    addresses: dict[str, str] = {}
    packed: dict[str, bytes] = {}
    for path in sorted(paths.release | paths.read | paths.secret):
        secret = settings.get(f"{FILE}{path}")
        if isinstance(secret, Secret):
            addresses[path] = placed_as(path, secret)
            continue
        content = _packed((checkout / path).resolve(), base(path))
        addresses[path] = hashlib.sha256(content).hexdigest()[:_ADDRESS]
        packed |= {f"{SEEN}/{addresses[path]}": content} if path in paths.release else {}
        packed |= {f"{READ}/{addresses[path]}": content} if path in paths.read else {}
    text = override(model, paths, Roots(site.path(), site.data, site.config.data_folder is not None), addresses)
    made = {PATHS: text.encode()} if text else {}
    if packed:
        made[PLACED] = _archive(packed)
    if paths.data:
        made[DATA] = "".join(f"{path}\n" for path in sorted(paths.data)).encode()
    return made


def _read(checkout: Path, path: str, key: str) -> dict[str, bytes]:
    """A file, or all files of a folder, by their path. Raises EngineError where there is none."""
    if not (checkout / path).resolve().is_dir():
        return {_plain(path): inside(checkout, path, key).read_bytes()}
    folder = inside(checkout, path, key, folder=True)
    below = sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    return {_plain(f"{path}/{file.relative_to(folder).as_posix()}"): file.read_bytes() for file in below}


def _packed(found: Path, name: str) -> bytes:
    """An archive of a file or folder under a name, which is the same whenever content, names, links and executable bits are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        _add(archive, found, name)
        if found.is_dir():
            for each in sorted(found.rglob("*")):
                _add(archive, each, f"{name}/{each.relative_to(found).as_posix()}")
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, file: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    mode = file.lstat().st_mode
    if stat.S_ISLNK(mode):
        entry.type, entry.linkname = tarfile.SYMTYPE, str(file.readlink())
        archive.addfile(entry)
    elif stat.S_ISDIR(mode):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
    else:
        content = file.read_bytes()
        entry.size, entry.mode = len(content), 0o755 if mode & stat.S_IXUSR else 0o644
        archive.addfile(entry, io.BytesIO(content))


def _archive(parts: Mapping[str, bytes]) -> bytes:
    """One archive of archives, each below the folder that is named after its content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for address, content in sorted(parts.items()):
            folder = tarfile.TarInfo(address)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
            with tarfile.open(fileobj=io.BytesIO(content)) as part:
                for entry in part:
                    entry.name = f"{address}/{entry.name}"
                    archive.addfile(entry, part.extractfile(entry) if entry.isreg() else None)
    return buffer.getvalue()


def _plain(path: str) -> str:
    return str(PurePosixPath(path))
