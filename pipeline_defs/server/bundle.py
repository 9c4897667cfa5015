"""Bundle: what is put on the server for one release."""

import hashlib
import io
import json
import shlex
import tarfile
from collections.abc import Mapping

from pipeline_defs.config.secret import Secret
from pipeline_defs.release.records import Release
from pipeline_defs.server.command import Command, script
from pipeline_defs.server.site import Site

OVERRIDE = "shipline.override.yml"
SETTINGS = "shipline.settings"
SECRETS = "shipline.secrets"
RELEASE = "shipline.release.json"

REHEARSAL_SHARES = 128
"""Of processor time, where 1024 is what a container has by itself: beside a busy production a rehearsal takes what is left."""


def needed_files(site: Site) -> tuple[str, ...]:
    """The repository paths a release of this site consists of: compose file, further files, and what sanitizes and tests."""
    config = site.config
    e2e = [path for each in config.e2e for path in (each.collection, each.environment) if path]
    sanitize = [config.sanitize.path] if config.sanitize else []
    return tuple(dict.fromkeys([config.compose, *config.files, *sanitize, *e2e]))


def configuration_hash(site: Site, files: Mapping[str, bytes], settings: Mapping[str, str | Secret]) -> str:
    """SHA-256 over what, besides the image, decides how a release runs: its files, the plain settings and the names of the secrets."""
    summary = {
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
        "settings": {name: None if isinstance(value, Secret) else value for name, value in settings.items()},
        "service": site.services,
    }
    return hashlib.sha256(json.dumps(summary, sort_keys=True).encode()).hexdigest()


def override(site: Site, release: Release, settings: Mapping[str, str | Secret]) -> str:
    """The generated compose override, JSON (which is YAML): image by digest, version and commit, and the settings' names.

    A setting without a value takes it from Compose's own environment, so no value stands in this file.
    """
    environment: dict[str, str | None] = dict.fromkeys(settings)
    environment |= {"APP_VERSION": release.version, "APP_COMMIT": release.commit}
    labels = {
        "shipline.app": site.app,
        "shipline.environment": site.environment,
        "shipline.version": release.version,
        "shipline.commit": release.commit,
        "shipline.digest": release.digest,
        "shipline.release": release.name,
    }
    service = {"image": release.reference, "environment": environment, "labels": labels}
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


# A folder that is there already is of the same release, so at most the values of its secrets are new. It may be serving:
# each file is replaced by a rename, which is whole at any moment.
_INSTALL = """
umask 077
rm -rf "$1.partial"; mkdir -p "$1.partial"
tar -x -C "$1.partial" -f -
if [ "$2" = frozen ] && [ ! -d "$1" ]; then echo "the settings that it had are gone: it gets those of today"; fi
if [ "$2" = frozen ] && [ -d "$1" ]; then
  mv -f "$1.partial/$3" "$1/$3"; rm -rf "$1.partial"; echo "it keeps the settings that it had, with the secrets of today"; exit 0; fi
rm -f "$1.partial/$3"
[ -d "$1" ] || { mv "$1.partial" "$1"; exit 0; }
cd "$1.partial"
find . -type f | while IFS= read -r file; do mkdir -p "$(dirname "$1/$file")"; mv -f "$file" "$1/$file"; done
rm -rf "$1.partial" "$1/$3"
"""


def install(
    site: Site,
    release: Release,
    files: Mapping[str, bytes],
    settings: Mapping[str, str | Secret],
    *,
    frozen: bool = False,
) -> Command:
    """Put the release's folder on the server, whole or not at all; secrets arrive through standard input in a 0600 file.

    With `frozen` a folder that is there stays as it is, but for the secrets, which are those of today: an older password is of no use.
    """
    folder = site.folder(release)
    todays = shlex.quote(f"{folder}/{SECRETS}")
    secrets = {name: value for name, value in settings.items() if isinstance(value, Secret)}
    members = {path: (content, 0o644) for path, content in files.items()}
    members[OVERRIDE] = (override(site, release, settings).encode(), 0o644)
    members[RELEASE] = (release.model_dump_json(indent=2).encode(), 0o644)
    members[SETTINGS] = (f"{settings_file(settings)}[ ! -f {todays} ] || . {todays}\n".encode(), 0o600)
    members[SECRETS] = (settings_file(secrets).encode(), 0o600)
    words = (folder, "frozen" if frozen else "", SECRETS)
    return script(_INSTALL, *words, stdin=_tar(members), says=f"write {folder}")


def _tar(members: Mapping[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, (content, mode) in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
