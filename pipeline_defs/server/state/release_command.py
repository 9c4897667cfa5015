"""Release command: what runs a person's command in a release, in a container of its own or in the one that serves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.bundle import RELEASE
from pipeline_defs.server.compose.compose_commands import compose, entry_point
from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.person_mark import MARK, PERSONS
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.state.facts import inspect_site, lacking_programs
from pipeline_defs.server.state.live_container import LIVE

_SECONDS = 60

# A rehearsal has no `current`: what its container was made of counts. The folder's name is the release's.
_SERVED = (
    LIVE
    + """
project=$1 service=$2 releases=$3 release=$4
id=$(newest "$project" "$service"); [ -n "$id" ] || exit 0
folder=$releases/$(docker inspect -f '{{index .Config.Labels "shipline.release"}}' "$id")
[ ! -f "$folder/$release" ] || { echo "$folder"; tr -d '\\n' <"$folder/$release"; }
"""
)

# The command runs beside this shell, which has to hear signals meanwhile. What it started inside containers knows nothing of a
# terminal that was closed: a container of its own is removed, and what runs in another one is ended by its mark.
_END = """
end() {
  for container in $(docker ps -aq --filter "label=$1=$3"); do docker rm -f "$container" >/dev/null 2>&1 || :; done
  for file in $(grep -lszFx -e "$2=$3" /proc/[0-9]*/environ || :); do
    pid=${file#/proc/}; kill -s KILL "${pid%/environ}" 2>/dev/null || :; done
}
"""
_WATCHED = (
    _END
    + """
label=$1 mark=$2 id=$3; shift 3
child=
stop() { trap '' HUP INT TERM; [ -z "$child" ] || kill "$child" 2>/dev/null || :; end "$label" "$mark" "$id"; exit "$1"; }
trap 'stop 129' HUP; trap 'stop 130' INT; trap 'stop 143' TERM
exec 3<&0
"$@" <&3 3<&- &
child=$!; status=0; wait "$child" || status=$?
exit "$status"
"""
)

_INSIDE = (
    LIVE
    + """
project=$1 service=$2 release=$3 digest=$4 options=$5 mark=$6; shift 6
id=$(live "$project" "$service" "$release" "$digest")
[ -n "$id" ] || { echo "no container of the service $service is running" >&2; exit 1; }
exec docker exec "$options" -e "$mark" "$id" "$@"
"""
)


@dataclass(frozen=True)
class Served:
    """The release that runs in an environment, the folder of its files on the server, and how Compose is called there."""

    release: Release
    folder: str
    compose: tuple[str, ...]


def served(site: Site, server: Runner) -> Served:
    """What runs in an environment, on its server. Nothing is changed there. Raises ServerError where nothing runs."""
    facts = inspect_site(site, server)
    if lack := lacking_programs(site, facts):
        raise ServerError(f"{site}: {lack}")
    if not any(each.up for each in facts.seen.containers):
        raise ServerError(f"nothing of {site} runs there, so no command was started; {_what_to_do(site)}")
    if facts.current is not None and facts.folder is not None:
        return Served(facts.current, facts.folder, facts.compose)
    words = (site.project, site.config.service, site.path("releases"), RELEASE)
    asked = server.run(script(_SERVED, *words, says=f"which release runs in {site.project}?"), timeout=_SECONDS)
    if not asked.ok:
        raise ServerError(f"{site}: it could not be found out which release runs: {why(asked)}")
    folder, _, outline = asked.stdout.partition("\n")
    try:
        return Served(Release.model_validate_json(outline), folder, facts.compose)
    except ValidationError:
        raise ServerError(f"no release of {site} runs there, so no command was started; {_what_to_do(site)}") from None


def _what_to_do(site: Site) -> str:
    if site.config.rehearses:
        return "a rehearsal's copy is removed at its end; `keep_running: true` in the app's file leaves it for people"
    return f"deploy it first: shipline deploy {site.app} {site.environment}"


def in_new_container(site: Site, runs: Served, id: str, words: Sequence[str], *, terminal: bool) -> Command:
    """Run a command in a container of its own, made like those of the environment's service, of the release that runs.

    The image's entry point is passed over. The container is in the app's networks under no name that the app uses, publishes no
    port, and is removed when the command ends.
    """
    run = ("run", "--rm", *(() if terminal else ("-T",)), "--no-deps", "--label", f"{PERSONS}={id}")
    program = (*entry_point(words[0]), site.config.service, *words[1:])
    called = compose(site, runs.compose, runs.folder, *run, *program)
    return _watched(id, called.argv, f"a command in a {site.config.service} of its own")


def in_running_container(site: Site, runs: Served, id: str, words: Sequence[str], *, terminal: bool) -> Command:
    """Run a command inside the container of the environment's service that serves."""
    which = (site.project, site.config.service, runs.release.name, runs.release.digest)
    inside = script(_INSIDE, *which, "-it" if terminal else "-i", f"{MARK}={id}", *words)
    return _watched(id, inside.argv, f"a command in the running {site.config.service}")


def end(id: str) -> Command:
    """End what a person's command has left on the server."""
    return script(f'{_END}end "$@"', PERSONS, MARK, id, says="end the command")


def _watched(id: str, argv: tuple[str, ...], says: str) -> Command:
    """The command, which is ended when its terminal is closed. Compose tells neither its progress nor of other containers."""
    called = script(_WATCHED, PERSONS, MARK, id, *argv, says=says)
    return replace(called, environment={"COMPOSE_PROGRESS": "quiet", "COMPOSE_IGNORE_ORPHANS": "true"})
