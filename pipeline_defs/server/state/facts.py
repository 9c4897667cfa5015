"""Facts: what is true on a server before anything is changed, gathered in one round trip."""

from dataclasses import dataclass, field

from pydantic import ValidationError

from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.bundle import RELEASE
from pipeline_defs.server.compose.surroundings import published_ports
from pipeline_defs.server.core.command import Command, Result, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.snapshot import SNAPSHOT, UNFINISHED, Snapshot, words
from pipeline_defs.server.core.snapshot import read_snapshot as read_snapshot

SWAP, SWAPPED = "swap", "swapped"
"""What that file says while a restored database may have taken the place of the environment's own; SWAPPED once that is final."""

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Below this nothing is begun: journal, backup and image would fail half-way."""

_GATHER = (
    SNAPSHOT
    + """
project=$1 root=$2 database=$3 volume=$4 release=$5 service=$6 unfinished=$7 only_look=$8 routed=$9 swap=${10} swapped=${11}
if [ -z "$only_look" ]; then
  mkdir -p "$root/releases" "$root/backups" "$root/logs" "$root/results" "$root/journal"
  chmod 700 "$root/backups" "$root/logs" "$root/journal"
fi
engine_answers=
if engine=$(docker version -f '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}' 2>&1); then
  engine_answers=yes; echo "engine ${engine% *}"; echo "platform ${engine##* }"
else echo "no_engine $(printf '%s\\n' "$engine" | tail -n 1)"; fi
plugin=
for folder in "${DOCKER_CONFIG:-${HOME:-}/.docker}" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker /usr/libexec/docker; do
  [ -n "$plugin" ] || [ ! -x "$folder/cli-plugins/docker-compose" ] || plugin=$folder/cli-plugins/docker-compose
done
if [ -n "$plugin" ] && "$plugin" version >/dev/null 2>&1; then echo "compose $plugin"
elif docker compose version >/dev/null 2>&1; then echo "compose docker compose"
elif docker-compose version >/dev/null 2>&1; then echo "compose docker-compose"; fi
there=$root; while [ ! -e "$there" ]; do there=$(dirname "$there"); done
echo "free_kib $(df -Pk "$there" | awk 'NR==2 {print $4}')"
label=label=com.docker.compose all=
[ -z "$engine_answers" ] || all=$(docker ps -a --filter "$label.project=$project" --format '{{.ID}}|{{
  .Label "com.docker.compose.service"}}|{{.Label "com.docker.compose.oneoff"}}|{{.State}}|{{.Ports}}') || exit 1
running() { printf '%s\n' "$all" | awk -F '|' -v service="$1" '$2 == service && $3 == "False" && $4 == "running" { print $1; exit }'; }
if [ -n "$database" ]; then
  echo "database $(running "$database")"
  echo "data" $(printf '%s\n' "$all" | awk -F '|' -v service="$database" '$2 == service { print $1 }') \
    $(docker volume ls -q --filter "$label.project=$project" --filter "$label.volume=$volume" 2>/dev/null)
fi
id=$(running "$service")
[ -z "$id" ] || echo "running $(docker inspect -f '{{.Config.Image}}' "$id")"
[ ! -e "$root/current" ] || echo "folder $(readlink -f "$root/current")"
if [ -f "$root/$unfinished" ]; then
  if [ "$(sed -n 2p "$root/$unfinished")" = "$(readlink -f "$root/current")" ]; then
    echo "unfinished $(sed -n 1p "$root/$unfinished")"
  elif [ "$(sed -n 1p "$root/$unfinished")" = "$swap" ]; then echo "unfinished $swapped"
  elif [ -z "$only_look" ]; then rm -f "$root/$unfinished"; fi
fi
[ ! -f "$root/current/$release" ] || echo "current $(tr -d '\\n' <"$root/current/$release")"
if [ -n "$engine_answers" ]; then
  echo "published $(printf '%s\\n' "$all" | cut -d '|' -f 5 | tr '\\n' ,)"
  if docker cp "shipline-router:/router/hosts/$project" - >/dev/null 2>&1; then echo "routed yes"; fi
  seen=$(snapshot "$project" "$root" "$unfinished" "$routed" 2>/dev/null) ||
    seen=$(snapshot "$project" "$root" "$unfinished" "$routed") || exit 1  # a container may go while it is looked at
  printf '%s\\n' "$seen"
fi
"""
)


@dataclass(frozen=True)
class Facts:
    """What a server said.

    Attributes:
        engine: the Engine's version, empty when it does not answer; refusal: what was said instead.
        compose: how Compose is called there; platform: what the Engine runs, `linux/amd64`.
        free_bytes: room on the disk that holds the environment's directory.
        database_up: whether the database's container runs.
        database_there: whether it has any data: a container of it that runs or not, or its volume.
        running: the image reference the service's container was started with, None when it does not run.
        current: the release that the environment says it runs, and folder: where its files are.
        unfinished: what a rollback that never ended has to be answered with before `current` can serve: `migrate`,
            `restore <path of a backup>`, `beside`, `swap` or `swapped`.
        published: the TCP ports that running containers of the project publish.
        routed: whether the server's router has a route to the project, also where it does not run.
        seen: containers, volumes and route, as what comes after an attempt is compared with.
    """

    engine: str
    refusal: str
    compose: tuple[str, ...]
    platform: str
    free_bytes: int
    database_up: bool
    database_there: bool
    running: str | None
    current: Release | None
    folder: str | None
    unfinished: str | None = None
    published: frozenset[int] = frozenset()
    routed: bool = False
    seen: Snapshot = field(default_factory=Snapshot)


def facts_command(site: Site, *, only_look: bool = False) -> Command:
    """Ask the server; also makes the environment's own folders, unless nothing at all may be changed there."""
    config = site.config.database
    database = (config.service, config.volume) if config and config.url is None else ("", "")
    _, _, note, routed = words(site, UNFINISHED)
    given = (*database, RELEASE, site.config.service, note, "yes" if only_look else "", routed, SWAP, SWAPPED)
    return script(_GATHER, site.project, site.path(), *given, says=f"facts about {site.path()}")


def gather_facts(site: Site, server: Runner) -> Facts:
    """The facts about a site. Raises ServerError when the server lacks what a deployment needs."""
    return parse_facts(site, server.run(facts_command(site), timeout=60))


def parse_facts(site: Site, answer: Result) -> Facts:
    """The facts from the answer to `facts_command`. Raises ServerError when the server lacks what a deployment needs."""
    facts = read_facts(site, answer)
    lack = lacking(site, facts)
    if lack:
        raise ServerError(f"{site}: {lack}")
    return facts


def inspect_site(site: Site, server: Runner) -> Facts:
    """The facts about a site, whatever it lacks. Nothing is changed there. Raises ServerError."""
    return read_facts(site, server.run(facts_command(site, only_look=True), timeout=60))


def lacking_programs(site: Site, facts: Facts) -> str | None:
    """What a server lacks on which anything is to be run, and what to do about it; None when there is nothing."""
    if not facts.engine:
        user = site.config.host.user
        return f"the Docker Engine does not answer ({facts.refusal}); install and start it, and let {user} use it"
    if not facts.compose:
        return "Docker Compose is missing; install the package docker-compose-plugin"
    return None


def lacking(site: Site, facts: Facts) -> str | None:
    """What keeps a deployment from being begun, and what to do about it; None when there is nothing."""
    if lack := lacking_programs(site, facts):
        return lack
    if facts.free_bytes < LEAST_FREE_BYTES:
        return (
            f"the disk that holds {site.path()} has {facts.free_bytes // 2**20} MiB free and at least "
            f"{LEAST_FREE_BYTES // 2**20} MiB are needed; free some room there and run again"
        )
    return None


def read_facts(site: Site, result: Result) -> Facts:
    """The facts from the server's answer. Raises ServerError when it could not even make its folders."""
    if not result.ok:
        raise ServerError(f"{site}: {site.path()} cannot be prepared: {why(result)}")
    said = dict(line.partition(" ")[::2] for line in result.stdout.splitlines())
    return Facts(
        engine=said.get("engine", ""),
        refusal=said.get("no_engine", ""),
        compose=_words(said.get("compose", "")),
        platform=said.get("platform", ""),
        free_bytes=int(said.get("free_kib") or 0) * 1024,
        database_up=bool(said.get("database")),
        database_there=bool(said.get("data")),
        running=said.get("running"),
        current=_release(site, said.get("current")),
        folder=said.get("folder"),
        unfinished=said.get("unfinished"),
        published=_published(said.get("published", "")),
        routed=bool(said.get("routed")),
        seen=read_snapshot(result.stdout),
    )


def _published(text: str) -> frozenset[int]:
    """The TCP ports of what `docker ps` prints, the lines joined by commas."""
    found = (port.split("/") for part in text.split(",") for port, _ in published_ports(part.strip()))
    return frozenset(int(number) for number, protocol in found if protocol == "tcp")


def _words(program: str) -> tuple[str, ...]:
    """How Compose is called: by the path of the plugin, since `docker` itself asks each plugin who it is before it calls one."""
    return (program,) if program.startswith("/") else tuple(program.split())


def _release(site: Site, text: str | None) -> Release | None:
    try:
        return Release.model_validate_json(text) if text else None
    except ValidationError as error:
        raise ServerError(
            f"{site}: {site.current}/{RELEASE} is damaged; put the release's file back or remove {site.current}"
        ) from error
