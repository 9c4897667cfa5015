"""Router: Caddy in one container for each server, which passes requests on to the container that is live.

All it knows is in a volume of its own: a file for each app's route, and the configuration that is put together from them.
So it comes back with what was switched last, after a restart of its own as after one of the server.
"""

from pipeline_defs.config.pinned_images import pinned
from pipeline_defs.config.route import Route
from pipeline_defs.release.records import Release
from pipeline_defs.server.compose.compose_commands import NOBODYS
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router.caddy import APPLY, CHECKS, certificate, lines
from pipeline_defs.server.state.live_container import LIVE

NAME = "shipline-router"
PROGRAM = """
umask 077; mkdir -p /router; caddy version >/router/version
[ -s /router/config.json ] || echo '{"admin":{"listen":"localhost:2019"}}' >/router/config.json
exec caddy run --config /router/config.json
"""

# A router that waits publishes no ports: the release that runs still has them.
ENSURE = (
    """
create() { # name, image, label, program, further words
  called=$1 from=$2 label=$3 program=$4; shift 4
  docker create --name "$called" """
    + NOBODYS
    + """ --restart unless-stopped --label "shipline.router=$label" "$@" \\
    -v shipline-router:/router -e XDG_DATA_HOME=/router/data -e XDG_CONFIG_HOME=/router/state \\
    --entrypoint sh "$from" -c "$program" >/dev/null
}
answering() {
  for n in $(seq 50); do docker exec shipline-router wget -q -O /dev/null http://localhost:2019/config/ 2>/dev/null && return 0
    sleep 0.2; done
  echo "the router does not start: $(docker logs --tail 1 shipline-router 2>&1)" >&2; exit 1
}
ensure() { # image, port for HTTP, for HTTPS, program, whether it waits for its ports
  ports="$2 $3"
  seen='{{.State.Running}} {{.State.StartedAt}} {{index .Config.Labels "shipline.router"}}'
  has=$(docker inspect -f "$seen" shipline-router 2>/dev/null) || has=none
  up=${has%% *} has=${has#* } since=${has%% *} has=${has#* }
  [ "$has" != waiting ] || [ -n "${5:-}" ] || { docker rm -f shipline-router >/dev/null; up=none; }
  if [ "$up" = none ]; then
    if [ -n "${5:-}" ]; then create shipline-router "$1" waiting "$4"
    else create shipline-router "$1" "$ports" "$4" -p "$2:80" -p "$3:443"; fi
  elif [ "$has" != "$ports" ] && [ "$has" != waiting ]; then
    echo "the router of this server listens on the ports $has and not on $ports; name those under hosts.router, or remove" \\
      "the container shipline-router" >&2; exit 1
  fi
  [ "$up" = true ] || docker start shipline-router >/dev/null
  [ "$up" != true ] || [ $(($(date +%s) - $(date -d "$since" +%s))) -lt 30 ] || return 0
  answering
}
"""
)
"""A shell function: `ensure` starts the router where it does not run; `create` and `answering` are parts of it."""

JOIN = """
join() {
  both=$(docker inspect -f '{{.Name}} {{.State.Running}} {{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' \\
    "$1" shipline-router 2>/dev/null) || :
  read -r name up network rest <<BOTH
$both
BOTH
  name=${name#/}
  case $both in *"/shipline-router true "*) ;; *) return 1 ;; esac
  case " ${both##*/shipline-router true } " in *" $network "*) ;; *) docker network connect "$network" shipline-router ;; esac
}
"""
"""A shell function: `join id` lets the router reach a container, by the first of its networks, and sets `name` to the container's.

It fails where the router does not run.
"""

_POINT = (
    LIVE
    + ENSURE
    + JOIN
    + """
project=$1 service=$2 port=$3 release=$4 digest=$5 hosts=$6 image=$7 http=$8 https=$9; shift 9
apply=$1 run=$2 checks=$3
umask 077; lines=$(mktemp); trap 'rm -f "$lines"' EXIT; cat >"$lines"
if [ "$release" = newest ]; then id=$(newest "$project" "$service"); else id=$(live "$project" "$service" "$release" "$digest"); fi
[ -n "$id" ] || { echo "no container of the service $service runs that requests could go to" >&2; exit 1; }
join "$id" || { ensure "$image" "$http" "$https" "$run"; join "$id"; }
sed "s/UPSTREAM/$name:$port/g" "$lines" | docker exec -i shipline-router sh -euc "$apply" apply "$project" "$hosts" "$checks"
echo "requests go to $name"
"""
)

_READY = (
    ENSURE
    + 'ensure "$@"; if [ -n "$5" ]; then echo "the router waits for its ports"; else echo "the router listens on the ports $2 and $3"; fi'
)

_FORGET = """
docker inspect shipline-router >/dev/null 2>&1 || exit 0
printf '\\n\\n\\n\\n' | docker exec -i shipline-router sh -euc "$2" apply "$1" "" "$3"
"""

_LOOK = """
host=$1 path=$2 address=$3
for n in 1 2 3 4 5; do
  said=$(docker exec shipline-router wget -q -t 1 -T 5 -O /dev/null ${host:+--header "Host: $host"} "http://$address$path" 2>&1) && {
    echo "the router answers $path with success"; exit 0; }
  sleep 0.5
done
echo "asked through the router, $path does not answer with success: ${said:-no answer}" >&2; exit 1
"""


def ready(site: Site, *, waits: bool = False) -> Command:
    """Start the server's router where it does not run. Fails when it listens on other ports than this app expects.

    One that `waits` does not listen on its ports yet, because containers of the app's own project have them.
    """
    router = site.config.host.router
    words = (pinned(router.image), str(router.http), str(router.https), PROGRAM, "waits" if waits else "")
    return script(_READY, *words, says="is the router up?")


def point(site: Site, route: Route, release: str = "newest", digest: str = "") -> Command:
    """Pass requests on to a container of the service: that of a release by its name, or `newest`.

    One call of the router's admin API; requests that are under way end where they are. Raises SecretUnavailable.
    """
    router = site.config.host.router
    words = (
        *(site.project, site.config.service, str(site.config.port), release, digest, " ".join(route.hosts)),
        *(pinned(router.image), str(router.http), str(router.https), APPLY, PROGRAM, CHECKS),
    )
    return script(
        _POINT,
        *words,
        stdin=lines(site, route, certificate(route)),
        says=f"requests to the {release} {site.config.service}",
    )


def point_back(site: Site, route: Route, current: Release | None) -> Command:
    """Pass requests on to the container of the release that runs; before the first deployment to none. Raises SecretUnavailable."""
    return point(site, route, current.name, current.digest) if current else forget(site)


def forget(site: Site) -> Command:
    """Remove the app's route: nothing of it serves any more."""
    return script(_FORGET, site.project, APPLY, CHECKS, says=f"no route to {site.project}")


def probe(route: Route) -> Command:
    """Ask the app through the router, as people do, for the path that says whether it is healthy."""
    host = route.hosts[0] if route.hosts else ""
    return script(_LOOK, host, route.health, CHECKS, says=f"ask for {route.health} through the router")
