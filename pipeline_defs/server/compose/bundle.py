"""Bundle: what is put on the server for one release."""

import hashlib
import io
import json
import shlex
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from pipeline_defs.config.secret import Secret
from pipeline_defs.config.secret_fingerprint import fingerprint
from pipeline_defs.release.image_set import variables as image_variables
from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.install_program import INSTALL
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.path_overrides import READ, SEEN, base
from pipeline_defs.server.core.site import Site

OVERRIDE = "shipline.override.yml"
SETTINGS = "shipline.settings"
SECRETS = "shipline.secrets"
RELEASE = "shipline.release.json"
COMPOSED = "shipline.compose"
"""The compose files of the release, as the variable COMPOSE_FILE lists them."""
PATHS = "shipline.paths.yml"
"""A compose file that puts relative paths where they lie on the server."""
CONFINED = "shipline.confined.yml"
"""A compose file that confines the services of a pull request that is rehearsed."""
DATA = "shipline.data"
"""The paths that the app writes, one a line."""
PLACED = "shipline.placed.tar"
"""Among a release's files: what containers see and Compose reads of it, as `files/` and `read/` with a folder for each content."""
PLACES = "shipline.places"
"""Where that is unpacked before it takes its place."""
FINGERPRINTS = "shipline.fingerprints.json"
"""Of each secret, by its name: they tell which of them are others than those of another release."""
FILE = "./"
"""Begins the name of a setting that is a secret file; the rest is its path in the repository."""

REHEARSAL_SHARES = 128
"""Of processor time, where 1024 is what a container has by itself: beside a busy production a rehearsal takes what is left."""


def needed_files(site: Site) -> tuple[str, ...]:
    """The repository paths a release of this site consists of: compose file, further files, and what sanitizes and tests."""
    config = site.config
    e2e = [path for each in config.e2e for path in (each.collection, each.environment) if path]
    sanitize = [config.sanitize.path] if config.sanitize else []
    return tuple(dict.fromkeys([*config.compose_files, *config.files, *sanitize, *e2e]))


def configuration_hash(site: Site, files: Mapping[str, bytes], settings: Mapping[str, str | Secret]) -> str:
    """SHA-256 over what, besides the image, decides how a release runs: its files, settings and secrets.

    Of a secret it holds the fingerprint, which changes with the value and tells nothing of it.
    """
    summary = {
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
        "settings": {name: counted(name, value) for name, value in settings.items()},
        "service": site.services,
    }
    return hashlib.sha256(json.dumps(summary, sort_keys=True).encode()).hexdigest()


def counted(name: str, value: str | Secret) -> str | list[str]:
    """What stands for a setting in a hash: of a secret its fingerprint."""
    return [fingerprint(name, value)] if isinstance(value, Secret) else value


def fingerprints(settings: Mapping[str, str | Secret]) -> dict[str, str]:
    """The fingerprints of the secrets among the settings, by name."""
    return {name: fingerprint(name, value) for name, value in settings.items() if isinstance(value, Secret)}


def override(site: Site, release: Release, settings: Mapping[str, str | Secret]) -> str:
    """The generated compose override, JSON (which is YAML): image by digest, version and commit, and the settings' names.

    Where a release has several images, the compose file names that of each service by a variable, which has its value from the
    release's settings. A setting without a value takes it from Compose's own environment, so no value stands in this file.
    """
    environment: dict[str, str | None] = dict.fromkeys(_variables(settings))
    environment |= {"APP_VERSION": release.version, "APP_COMMIT": release.commit}
    labels = {
        "shipline.app": site.app,
        "shipline.environment": site.environment,
        "shipline.version": release.version,
        "shipline.commit": release.commit,
        "shipline.digest": release.digest,
        "shipline.release": release.name,
    }
    image = {} if release.images else {"image": release.reference}
    service = {**image, "environment": environment, "labels": labels}
    services: dict[str, dict[str, object]] = {name: dict(service) for name in site.services}
    # Compose neither starts nor waits for a service of which there are none, and removes one that was there.
    services |= {name: {**service, "scale": 0} for name in site.elsewhere}
    if site.config.rehearses:
        database = [site.config.database.service] if site.config.database and not site.config.database.url else []
        for name in (*site.services, *database):
            services.setdefault(name, {})["cpu_shares"] = REHEARSAL_SHARES
    return json.dumps({"services": services}, indent=2).replace("$", "$$")


def settings_file(settings: Mapping[str, str | Secret]) -> str:
    """The settings as assignments that a POSIX shell reads, each value quoted."""
    revealed = {name: value.reveal() if isinstance(value, Secret) else value for name, value in settings.items()}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(revealed.items()))


def secret_files(settings: Mapping[str, str | Secret]) -> dict[str, Secret]:
    """The secret files among the settings, by their path in the repository; their names among the settings begin with `./`."""
    return {
        name.removeprefix(FILE): value
        for name, value in settings.items()
        if name.startswith(FILE) and isinstance(value, Secret)
    }


def placed_as(path: str, value: Secret) -> str:
    """The name of the folder in which a secret file lies; it differs when the content does."""
    return fingerprint(f"{FILE}{path}", value)[:32]


def install(
    site: Site,
    release: Release,
    files: Mapping[str, bytes],
    settings: Mapping[str, str | Secret],
    *,
    frozen: bool = False,
) -> Command:
    """Put the release's folder on the server, whole or not at all; secrets arrive through standard input in 0600 files.

    What containers see of it lies beside, in a folder for each content. With `frozen` a folder that is there stays as it is, but for
    the secrets and the places of its paths, which are those of today: an older password is of no use.
    """
    folder = site.folder(release)
    todays = shlex.quote(f"{folder}/{SECRETS}")
    variables = {**_variables(settings), **image_variables(release.images)}
    secrets = {name: value for name, value in variables.items() if isinstance(value, Secret)}
    members = {path: (content, 0o644) for path, content in files.items() if path != PLACED}
    members[OVERRIDE] = (override(site, release, settings).encode(), 0o644)
    members[RELEASE] = (release.model_dump_json(indent=2).encode(), 0o644)
    members[SETTINGS] = (f"{settings_file(variables)}[ ! -f {todays} ] || . {todays}\n".encode(), 0o600)
    members[SECRETS] = (settings_file(secrets).encode(), 0o600)
    if known := fingerprints(settings):
        members[FINGERPRINTS] = (json.dumps(known, indent=2, sort_keys=True).encode(), 0o600)
    if files:  # else nobody knows them, and what the folder says counts
        members[COMPOSED] = (":".join(f"{folder}/{path}" for path in _composed(site, files)).encode(), 0o644)
    hidden = {path: (value.reveal().encode(), 0o600) for path, value in secret_files(settings).items()}
    words = (folder, site.path(), site.project, "frozen" if frozen else "", "apart" if site.config.rehearses else "")
    kept = (site.data, "theirs" if site.config.data_folder else "")
    names = (SECRETS, FINGERPRINTS, PATHS, DATA, COMPOSED, *hidden)
    stdin = _tar({**members, **hidden}, [*_placed(files), *_placed_secrets(files, settings)])
    return script(INSTALL, *words, *kept, SECRETS, PLACES, DATA, *names, stdin=stdin, says=f"write {folder}")


def elsewhere(files: Mapping[str, bytes], site: Site, place: PurePosixPath) -> tuple[dict[str, bytes], Site]:
    """The files of a release, and its site, as if that were in another place, where they are tried and soon removed again.

    What Compose reads is found there; what containers would mount is named as it will be.
    """
    there = replace(site, config=site.config.model_copy(update={"directory": place, "data_folder": None}))
    moved = dict(files)
    if PATHS in files:
        moved[PATHS] = files[PATHS].replace(f"{site.path()}/{READ}/".encode(), f"{place}/{READ}/".encode())
    return moved, there


def _variables(settings: Mapping[str, str | Secret]) -> dict[str, str | Secret]:
    return {name: value for name, value in settings.items() if not name.startswith(FILE)}


def _composed(site: Site, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The files that Compose reads, each of which overrides those before it."""
    return (*site.config.compose_files, OVERRIDE, *(name for name in (PATHS, CONFINED) if name in files))


Entry = tuple[tarfile.TarInfo, bytes]


def _placed(files: Mapping[str, bytes]) -> Iterator[Entry]:
    """What containers see of the release, and Compose reads, with git's modes."""
    if PLACED in files:
        with tarfile.open(fileobj=io.BytesIO(files[PLACED])) as archive:
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() else None
                entry.name = f"{PLACES}/{entry.name}"
                yield entry, stream.read() if stream else b""


def _placed_secrets(files: Mapping[str, bytes], settings: Mapping[str, str | Secret]) -> Iterator[Entry]:
    """Secret files that containers see, whose user may be any, behind a folder that lets nobody in; and those that Compose reads."""
    for path, value in secret_files(settings).items():
        for kind, mode in ((SEEN, 0o444), (READ, 0o600)):
            address = f"{kind}/{placed_as(path, value)}"
            if f"/{address}/".encode() in files.get(PATHS, b""):
                folder = tarfile.TarInfo(f"{PLACES}/{address}")
                folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                yield folder, b""
                yield _entry(f"{PLACES}/{address}/{base(path)}", value.reveal().encode(), mode)


def _tar(members: Mapping[str, tuple[bytes, int]], entries: list[Entry]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for entry, content in [*(_entry(name, *given) for name, given in members.items()), *entries]:
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _entry(name: str, content: bytes, mode: int) -> Entry:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    return entry, content
