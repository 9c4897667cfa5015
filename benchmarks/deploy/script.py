"""Script: what teams write by hand: Compose over SSH, with downtime. It is what deployments are compared with."""

import time

from pipeline_defs.config.secret import Secret
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.steps.verification import NEWMAN
from tests.support.shop import DATABASE_PASSWORD, SOURCE
from tests.testbed.server import STAGING

FOLDER = "/opt/by-hand"
_PUT = 'umask 077; mkdir -p "$(dirname "$1")"; cat >"$1"'
_COMPOSE = """
cd "$1"; compose() { docker compose -p by-hand -f production.yml -f ports.yml -f version.yml "$@"; }
"""
_REPLACE = """
printf 'services: {web: {image: %s}}\\n' "$2" >version.yml
compose pull -q web; compose down; compose up -d --wait
"""
_BACK_UP = "compose exec -T db pg_dump -U shop -Fc shop >backup.dump\n"
_MIGRATE = "compose exec -T web alembic upgrade head\n"
_TEST = """
compose exec -T web python -m pytest -q -m smoke -p no:cacheprovider
docker run --rm --network "container:$(compose ps -q web)" --user 0:0 -v "$1/postman:/etc/newman:ro" "$3" \\
  run /etc/newman/shop.postman_collection.json -e /etc/newman/production.postman_environment.json \\
  --env-var base_url=http://127.0.0.1:8000
"""
_REMOVE = 'compose down -v; cd /; rm -rf "$1"'


def install(server: Runner, release: Release, login: Secret) -> None:
    """Log in to the registry, put the app's files there, have the release run, and its database migrated."""
    _run(server, script(_PUT, "/root/.docker/config.json", stdin=login))
    files = {path.relative_to(SOURCE).as_posix(): path.read_bytes() for path in (SOURCE / "postman").iterdir()}
    files |= {name: (SOURCE / name).read_bytes() for name in ("production.yml", "ports.yml")}
    files[".env"] = f"SHOP_DB_PASSWORD={DATABASE_PASSWORD}\nSHOP_PORT={STAGING}\n".encode()
    for name, content in files.items():
        _run(server, script(_PUT, f"{FOLDER}/{name}", stdin=content))
    deploy(server, release)
    _run(server, script(_COMPOSE + _MIGRATE, FOLDER))


def deploy(server: Runner, release: Release, *, full: bool = False) -> float:
    """Deploy the release by hand, bare or with backup, migration and tests; gives the seconds it took."""
    text = _BACK_UP + _REPLACE + _MIGRATE + _TEST if full else _REPLACE
    wanted = script(_COMPOSE + text, FOLDER, release.reference, NEWMAN)
    began = time.monotonic()
    _run(server, wanted)
    return time.monotonic() - began


def remove(server: Runner) -> None:
    """Remove all of it."""
    _run(server, script(_COMPOSE + _REMOVE, FOLDER))


def _run(server: Runner, wanted: Command) -> None:
    result = server.run(wanted, timeout=600)
    if not result.ok:
        raise ServerError(f"the hand-written script failed: {result.tail(5)}")
