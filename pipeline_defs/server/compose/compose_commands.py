"""Compose and Engine commands for one site."""

import shlex

from pipeline_defs.config.secret import Secret
from pipeline_defs.server.compose.bundle import COMPOSED, OVERRIDE, SETTINGS
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.person_mark import NOT_PERSONS
from pipeline_defs.server.core.site import Site

_WITH_SETTINGS = 'set -a; . "$1"; set +a; shift; exec "$@"'

NOBODYS = "--label com.docker.compose.project= --label shipline.app="
"""Options of `docker run`: a container has its image's labels too, and by these it would count as an app's."""

REMOVE_PROJECT = """
remove_project() {
  for label in com.docker.compose.project shipline.project; do
    for id in $(docker ps -aq --filter "label=$label=$1"); do docker rm -f -v "$id"; done; done
  for id in $(docker network ls -q --filter "label=com.docker.compose.project=$1"); do
    docker network disconnect -f "$id" shipline-router 2>/dev/null || :
    docker network rm "$id" || "$2"; done
  for name in $(docker volume ls -q --filter "label=com.docker.compose.project=$1"); do docker volume rm "$name"; done
}
"""
"""A shell function: `remove_project name command` removes containers, networks and volumes of a project by their labels. External
volumes stay. The command, `true` or `false`, answers for a network that others still use.
"""

FIND = """
found() { docker ps -q --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2" \
  --filter label=com.docker.compose.oneoff=False --filter "status=running" | head -n 1; }
need() { id=$(found "$1" "$2"); [ -n "$id" ] || { echo "no container of the service $2 is running" >&2; exit 1; }; }
"""
"""Shell functions: `need project service` sets `id` to the running container, or ends with a sentence."""


def compose(site: Site, program: tuple[str, ...], folder: str, *words: str, says: str | None = None) -> Command:
    """A Compose call for the release in `folder`, with its settings in Compose's environment.

    `program` is what the server has: ("docker", "compose") or ("docker-compose",).
    """
    return script(
        _WITH_SETTINGS,
        f"{folder}/{SETTINGS}",
        *compose_words(site, program, folder),
        *words,
        says=says or f"docker compose -p {site.project} {' '.join(words)}",
    )


# What the release's own folder says counts: an older release may have had other compose files. `read` starts no program, which would
# see the settings.
_FILES = """
COMPOSE_FILE=$2; [ ! -f "$1" ] || IFS= read -r COMPOSE_FILE <"$1" || :
export COMPOSE_FILE COMPOSE_PATH_SEPARATOR=:; shift 2; exec "$@"
"""


def compose_words(site: Site, program: tuple[str, ...], folder: str) -> tuple[str, ...]:
    """The words that every Compose call for the release in `folder` begins with. Relative paths begin beside the first compose file."""
    usual = ":".join(f"{folder}/{path}" for path in (*site.config.compose_files, OVERRIDE))
    return ("sh", "-euc", _FILES, "compose", f"{folder}/{COMPOSED}", usual, *program, "-p", site.project)


_COMPOSE = """
settings=$1 program=$2 project=$3; shift 3
compose() { (set -a; . "$settings"; set +a; eval "$program \\"\\$@\\""); }
"""
"""Begins a program that calls Compose more than once: `compose words…`. The program's words come quoted, as one.

Compose has the settings in its environment, and no other program.
"""


def with_compose(site: Site, program: tuple[str, ...], folder: str, text: str, *words: str, says: str) -> Command:
    """A program of ours that calls `compose words…` for the release in `folder`, more than once; it finds `$project`."""
    quoted = shlex.join(compose_words(site, program, folder))
    return script(_COMPOSE + text, f"{folder}/{SETTINGS}", quoted, site.project, *words, says=says)


# A configuration of its own knows none of the user's contexts, one of which may name the Engine: a rootless one, for example.
LOGIN = """
log_in() {
  umask 077; login=$(mktemp -d); trap 'rm -rf "$login"' EXIT; cat >"$login/config.json"
  contexts=${DOCKER_CONFIG:-${HOME:-}/.docker}/contexts; [ ! -d "$contexts" ] || ln -s "$contexts" "$login/contexts"
  context=$(docker context inspect -f '{{.Name}}' 2>/dev/null) || context=
}
logged_in() { DOCKER_CONFIG=$login DOCKER_CONTEXT=$context docker "$@"; }
"""
"""Shell functions: `log_in` reads Docker's configuration from standard input; `logged_in words…` calls docker with it."""

_PULL = (
    LOGIN
    + """
missing=
for image; do
  if docker image inspect "$image" >/dev/null 2>&1; then echo "$image is there already"; else missing="$missing $image"; fi
done
[ -n "$missing" ] || exit 0
log_in
for image in $missing; do logged_in pull "$image"; done
"""
)


def pull(reference: str, login: Secret | None, *others: str) -> Command:
    """Pull images by digest that are not there. The credentials live in a 0600 file that is gone when the pull ends."""
    return script(_PULL, reference, *others, stdin=login or "{}", says=f"docker pull {' '.join((reference, *others))}")


_EXECUTE = FIND + 'need "$1" "$2"; shift 2; exec docker exec "$id" "$@"'


def execute(site: Site, service: str, *words: str) -> Command:
    """Run a program inside the service's running container."""
    return script(_EXECUTE, site.project, service, *words, says=f"in {service}: {' '.join(words)}")


def once(site: Site, program: tuple[str, ...], folder: str, *words: str) -> Command:
    """Run a program in the image of the release in `folder`, in a container of its own beside the app's, with the app's settings.

    The image's entry point is passed over, as `docker exec` does.
    """
    run = ("run", "--rm", "-T", "--no-deps", *entry_point(words[0]), site.config.service, *words[1:])
    return compose(site, program, folder, *run, says=f"in a {site.config.service} of its own: {' '.join(words)}")


def entry_point(program: str) -> tuple[str, ...]:
    """The option of `compose run` by which this program takes the place of the image's entry point.

    Compose splits the option's value as a shell splits words.
    """
    return "--entrypoint", shlex.quote(program)


# What a person's command says is for that person alone.
_DIAGNOSE = f"""
ids=
for id in $(docker ps -a --filter "label=com.docker.compose.project=$1" --format '{NOT_PERSONS}'); do
  docker ps -a --filter "id=$id" --format '{{{{.Names}}}}: {{{{.Status}}}}'; ids="$ids $id"
done
for id in $ids; do
  echo "--- last log lines of $(docker inspect -f '{{{{.Name}}}}' "$id")"; docker logs --tail 100 "$id" 2>&1
done
"""


def diagnose(site: Site) -> Command:
    """The states and last log lines of the site's containers, for the run's log."""
    return script(_DIAGNOSE, site.project, says="states and logs of the containers")
