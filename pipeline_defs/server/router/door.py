"""Door: how the router reaches a pull request that nobody has merged, while its containers reach nothing.

A container that joined the router's network, or that the router joined, would reach all apps behind it. So a small proxy of its own
stands between them: it is in the network of the pull request's containers, and in one more in which only the router is.
"""

import json

from pipeline_defs.config.pinned_images import pinned
from pipeline_defs.config.pull_preview import USER, PullPreview
from pipeline_defs.config.secret import Secret
from pipeline_defs.server.compose.compose_commands import NOBODYS
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router.caddy import APPLY, CHECKS, PASSWORD_HASH, certificate, lines
from pipeline_defs.server.router.router import ENSURE, PROGRAM
from pipeline_defs.server.state.live_container import LIVE

_PORT = 8080

# The password is hashed by the router's own Caddy; nothing of it stays. Networks and door are removed with the project. No network of a
# compose file has such a name: theirs begin with the project and an underscore.
_OPEN = (
    LIVE
    + ENSURE
    + """
project=$1 service=$2 port=$3 hosts=$4 image=$5 http=$6 https=$7; shift 7
apply=$1 run=$2 checks=$3 config=$4
umask 077; lines=$(mktemp); trap 'rm -f "$lines"' EXIT
IFS= read -r password; cat >"$lines"
ensure "$image" "$http" "$https" "$run"
web=$(newest "$project" "$service")
[ -n "$web" ] || { echo "no container of the service $service runs that requests could go to" >&2; exit 1; }
door=$project-door outside=$project-door
docker rm -f "$door" >/dev/null 2>&1 || :
seen=$(docker inspect -f '{{slice .Name 1}} {{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' "$web")
read -r name network rest <<SEEN
$seen
SEEN
case $network in "$project"_*) ;; *) echo "the service $service is in no network of its project: ${network:-none}" >&2; exit 1 ;; esac
docker network inspect "$outside" >/dev/null 2>&1 ||
  docker network create --internal --label "com.docker.compose.project=$project" "$outside" >/dev/null
config=$(printf '%s' "$config" | sed "s/UPSTREAM/$name:$port/")
docker create --name "$door" """
    + NOBODYS
    + """ --label "shipline.project=$project" --restart unless-stopped --network "$network" \\
  --cap-drop ALL --cap-add NET_BIND_SERVICE --security-opt no-new-privileges --read-only --tmpfs /tmp --user 65534:65534 \\
  --memory 128m --memory-swap 128m --pids-limit 128 -e XDG_DATA_HOME=/tmp -e XDG_CONFIG_HOME=/tmp --entrypoint sh "$image" \\
  -euc 'printf "%s" "$1" >/tmp/door.json; exec caddy run --config /tmp/door.json' door "$config" >/dev/null
docker network connect "$outside" "$door"
docker start "$door" >/dev/null
joined=$(docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}' shipline-router)
case " $joined" in *" $outside "*) ;; *) docker network connect "$outside" shipline-router ;; esac
hash=$(printf '%s\\n' "$password" | docker exec -i shipline-router caddy hash-password)
sed "s/UPSTREAM/$door:"""
    + f"{_PORT}/g; s|{PASSWORD_HASH}|$hash|g"
    + """" "$lines" | docker exec -i shipline-router sh -euc "$apply" apply "$project" "$hosts" "$checks"
echo "requests for $hosts go to $name, behind a password"
"""
)

CLOSE = """
close_door() { # project, program, checks
  running=$(docker inspect -f '{{.State.Running}}' shipline-router 2>/dev/null) || return 0
  [ "$running" = true ] || { echo "the router does not run, so the route to $1 stays: docker start shipline-router" >&2; return 1; }
  routed=$(docker exec shipline-router sh -c '[ ! -e "/router/hosts/$1" ] || echo yes' look "$1") || return 1
  [ -n "$routed" ] || return 0
  printf '\\n\\n\\n\\n\\n\\n\\n' | docker exec -i shipline-router sh -euc "$2" apply "$1" "" "$3"
}
"""
"""A shell function: `close_door project program checks` takes the route to a project away, where it has one."""


def open_door(site: Site, preview: PullPreview, pull: int) -> Command:
    """Let people who log in reach the newest container of a pull request's service. Raises SecretUnavailable."""
    route, router = preview.route(pull), site.config.host.router
    words = (
        *(site.project, site.config.service, str(site.config.port), " ".join(route.hosts)),
        *(pinned(router.image), str(router.http), str(router.https), APPLY, PROGRAM, CHECKS, _door()),
    )
    said = lines(site, route, certificate(route), USER).reveal()
    password = preview.read_password().reveal()
    return script(_OPEN, *words, stdin=Secret(f"{password}\n{said}"), says=f"requests for {route.hosts[0]} to {site}")


def _door() -> str:
    """The configuration of the proxy. It says to the app what the router said to it."""
    said = {name: [f"{{http.request.header.{name}}}"] for name in ("X-Forwarded-Proto", "X-Forwarded-For")}
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": "UPSTREAM"}],
        "headers": {"request": {"set": said}},
    }
    server = {"listen": [f":{_PORT}"], "automatic_https": {"disable": True}, "routes": [{"handle": [proxy]}]}
    return json.dumps({"admin": {"disabled": True}, "apps": {"http": {"servers": {"door": server}}}})
