"""Handover: a port of the server goes from an app's own containers to the router, or back, while people are turned away for a moment."""

from collections.abc import Iterable

from pipeline_defs.config.pinned_images import pinned
from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.compose_commands import NOBODYS
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router.caddy import APPLY, CHECKS
from pipeline_defs.server.router.router import ENSURE, JOIN, PROGRAM
from pipeline_defs.server.state.live_container import LIVE

_HOLDERS = """
holders() { # project, ports with | between them, `-a`: those that do not run, too
  for each in $(docker ps ${3:-} -q --no-trunc --filter "label=com.docker.compose.project=$1"); do
    ! docker inspect -f '{{range .HostConfig.PortBindings}}{{range .}}{{.HostPort}}{{println}}{{end}}{{end}}' "$each" |
      grep -qxE "$2" || echo "$each"
  done
}
"""
"""A shell function that prints the ids of the project's containers that publish one of the ports."""

# What can be done before is: the new router is made, and only started once the ports are free.
_TAKE = (
    LIVE
    + ENSURE
    + JOIN
    + _HOLDERS
    + """
project=$1 service=$2 image=$3 http=$4 https=$5 program=$6
docker rm -f shipline-router-next >/dev/null 2>&1 || :
create shipline-router-next "$image" "$http $https" "$program" -p "$http:80" -p "$https:443"
held=$(holders "$project" "$http|$https")
[ -z "$held" ] || docker stop $held >/dev/null
docker rm -f shipline-router >/dev/null 2>&1 || :
docker rename shipline-router-next shipline-router
docker start shipline-router >/dev/null
id=$(newest "$project" "$service"); [ -z "$id" ] || join "$id"
answering
echo "the router listens on the ports $http and $https"
"""
)

_TAKE_BACK = (
    ENSURE
    + _HOLDERS
    + """
project=$1 image=$2 http=$3 https=$4 program=$5
docker rm -f shipline-router shipline-router-next >/dev/null 2>&1 || :
for id in $(holders "$project" "$http|$https" -a); do docker start "$id" >/dev/null; done
ensure "$image" "$http" "$https" "$program" waits
"""
)

_END_WAITING = """
[ "$(docker inspect -f '{{index .Config.Labels "shipline.router"}}' shipline-router 2>/dev/null)" != waiting ] ||
  docker rm -f shipline-router >/dev/null
"""

# Other apps may be reached through the router; then it keeps its ports, unless the app needs one of them.
_SHARED = """
project=$1 ports=$2
has=$(docker inspect -f '{{index .Config.Labels "shipline.router"}}' shipline-router 2>/dev/null) || has=none
meets=; for each in $has; do ! printf '%s' "$each" | grep -qxE "$ports" || meets=yes; done
[ "$has" != waiting ] || meets=yes
others() { # also of a router that does not run
  docker cp shipline-router:/router/hosts - 2>/dev/null | tar -t 2>/dev/null | sed -n 's|^hosts/\\(.\\)|\\1|p' |
    grep -vxF "$project" | tr '\\n' ' ' || :
}
"""

_GIVE = (
    _SHARED
    + """
[ -n "$meets" ] || { echo "the router has other ports"; exit 0; }
shared=$(others)
[ -z "$shared" ] || { echo "the router has a port that this release publishes, and $shared is reached through it" >&2; exit 1; }
docker stop -t 2 shipline-router >/dev/null
echo "the router has ended"
"""
)

_RESUME = """
! docker inspect shipline-router >/dev/null 2>&1 || docker start shipline-router >/dev/null
"""

# The route is removed with the router, also from what it reads when it is started anew for another app.
_END_ROUTE = (
    _SHARED
    + """
image=$3 apply=$4 checks=$5
end_route() {
  [ "$has" != none ] || return 0
  shared=$(others)
  if [ -z "$meets" ] || [ -n "$shared" ]; then
    [ "$(docker inspect -f '{{.State.Running}}' shipline-router)" = true ] || return 0
    printf '\\n\\n\\n\\n' | docker exec -i shipline-router sh -euc "$apply" apply "$project" "" "$checks"; return
  fi
  docker rm -f shipline-router >/dev/null
  docker run --rm --network none """
    + NOBODYS
    + """ -v shipline-router:/router --entrypoint sh "$image" -c \\
    'cd /router; rm -f [a-z]*/[12]-"$1" hosts/"$1" closed/"$1" config.json' end "$project"
  echo "nothing is reached through the router any more, so it has ended"
}
"""
)

_END = _END_ROUTE + "end_route\n"

# Containers without the label are from before releases were named on them, or were taken over.
_OTHERS_END = """
for id in $(all "$project" "$service"); do
  case $(docker inspect -f '{{index .Config.Labels "shipline.release"}}' "$id") in
    "" | "<no value>" | "$release") ;;
    *) docker stop -t 3 "$id" >/dev/null; docker rm -f "$id" >/dev/null ;;
  esac
done
"""

_FREE = (
    LIVE
    + _HOLDERS
    + _END_ROUTE
    + """
service=$6 release=$7
end_route
"""
    + _OTHERS_END
    + """
for id in $(holders "$project" "$ports" -a); do docker start "$id" >/dev/null; done
echo "the ports are the app's own"
"""
)

_REOPEN = (
    LIVE
    + JOIN
    + "project=$1 service=$2 release=$3\n"
    + _OTHERS_END
    + """
docker start shipline-router >/dev/null
id=$(newest "$project" "$service"); [ -z "$id" ] || join "$id"
echo "the router passes requests on"
"""
)


def take(site: Site) -> Command:
    """Stop the containers that publish the router's ports, and let the router have them. They are kept: `take_back` starts them again."""
    words = (site.project, site.config.service, *_router(site))
    return script(_TAKE, *words, says="the ports go from the app's containers to the router")


def take_back(site: Site) -> Command:
    """The containers that published the router's ports run again, and the router waits."""
    return script(_TAKE_BACK, site.project, *_router(site), says="the ports go back to the app's containers")


def end_waiting(site: Site) -> Command:
    """Remove a router that has waited for its ports in vain."""
    return script(_END_WAITING, says=f"no router waits for {site.project}")


def give(site: Site, ports: Iterable[int]) -> Command:
    """Stop the router, where it has one of these ports. Fails where other apps are reached through it."""
    return script(_GIVE, site.project, _pattern(ports), says="the ports go from the router to the app's containers")


def resume() -> Command:
    """Start the router again, with the routes that it had."""
    return script(_RESUME, says="the router listens again")


def end(site: Site, ports: Iterable[int]) -> Command:
    """Remove the app's route; and the router, where it has one of these ports and nothing else is reached through it."""
    return script(_END, *_ending(site, ports), says=f"no route to {site.project}")


def free(site: Site, ports: Iterable[int], current: Release) -> Command:
    """As `end`; then what the release that `current` names publishes on these ports runs, without containers of other releases."""
    words = (*_ending(site, ports), site.config.service, current.name)
    return script(_FREE, *words, says=f"{current.version} has its ports")


def reopen(site: Site, current: Release) -> Command:
    """The router runs again with the route that it had, and containers of other releases than `current` are ended."""
    words = (site.project, site.config.service, current.name)
    return script(_REOPEN, *words, says=f"requests go to {current.version} again")


def _ending(site: Site, ports: Iterable[int]) -> tuple[str, ...]:
    return (site.project, _pattern(ports), pinned(site.config.host.router.image), APPLY, CHECKS)


def _router(site: Site) -> tuple[str, ...]:
    router = site.config.host.router
    return (pinned(router.image), str(router.http), str(router.https), PROGRAM)


def _pattern(ports: Iterable[int]) -> str:
    return "|".join(map(str, ports)) or "none"
