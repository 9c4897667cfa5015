"""Router: Caddy in one container for each server, which passes requests on to the container that is live.

All it knows is in a volume of its own: a file for each app's route, and the configuration that is put together from them.
So it comes back with what was switched last, after a restart of its own as after one of the server.
"""

import json
from typing import Any

from pipeline_defs.config.route import Route
from pipeline_defs.config.secret import Secret
from pipeline_defs.server.command import Command, script
from pipeline_defs.server.live import LIVE
from pipeline_defs.server.site import Site

NAME = "shipline-router"
_CHECKS = "127.0.0.1:2020"
"""Where the router answers itself alone, without certificates: for looking through it from outside of the app."""

# In the router's container. Standard input: the app's four lines. The old configuration stays when the new one is refused.
# Routes for every host name come last: the first that matches is taken. Before 2.7 Caddy knows no delay for streams.
_APPLY = """
project=$1 hosts=$2 checks=$3
cd /router; exec 9>lock; flock 9
kinds="plain secure inner pem"; mkdir -p $kinds hosts old
refuse() { echo "$1" >&2; exit 1; }
for host in ${hosts:-every.other}; do
  other=$(grep -lxF -e "$host" hosts/* 2>/dev/null | grep -vxF "hosts/$project" | head -n 1 || true)
  [ -z "$other" ] || refuse "the host name $host is taken on this server, by ${other#hosts/}"
done
rm -rf old; mkdir old; cp -R $kinds hosts old
rank=1; [ -n "$hosts" ] || rank=2
for kind in $kinds; do
  IFS= read -r line || line=
  rm -f "$kind"/[12]-"$project"
  [ -n "$line" ] || continue
  if caddy version | grep -q '^v*2[.][0-6][.]'; then line=$(printf '%s' "$line" | sed 's/"stream_close_delay":"[0-9]*s",//g'); fi
  printf '%s' "$line" >"$kind/$rank-$project"
done
if [ -e "plain/$rank-$project" ]; then printf '%s\\n' ${hosts:-every.other} >"hosts/$project"; else rm -f "hosts/$project"; fi
all() { comma=; for file in "$1"/*; do [ ! -f "$file" ] || { printf '%s' "$comma"; cat "$file"; comma=,; }; done; }
{
  printf '{"admin":{"listen":"localhost:2019"},"apps":{"http":{"servers":{"plain":{"listen":[":80"],"routes":[%s]}' "$(all plain)"
  printf ',"inner":{"listen":["%s"],"automatic_https":{"disable":true},"routes":[%s]}' "$checks" "$(all inner)"
  secure=$(all secure)
  [ -z "$secure" ] || printf ',"secure":{"listen":[":443"],"automatic_https":{"disable_redirects":true},"routes":[%s]}' "$secure"
  printf '}},"tls":{"certificates":{"load_pem":[%s]}}}}' "$(all pem)"
} >config.new
said=$(caddy reload --config config.new --address localhost:2019 2>&1) || {
  for kind in $kinds hosts; do rm -rf "$kind"; mv "old/$kind" "$kind"; done
  refuse "the router refuses the route: $(printf '%s\\n' "$said" | tail -n 1)"; }
mv config.new config.json; sync
"""

_RUN = """
umask 077; mkdir -p /router; [ -s /router/config.json ] || echo '{"admin":{"listen":"localhost:2019"}}' >/router/config.json
exec caddy run --config /router/config.json
"""

_ENSURE = """
ensure() { # image, port for HTTP, for HTTPS, program
  ports="$2 $3"
  has=$(docker inspect -f '{{index .Config.Labels "shipline.router"}}' shipline-router 2>/dev/null) || has=none
  if [ "$has" = none ]; then
    docker run -d --name shipline-router --restart unless-stopped --label "shipline.router=$ports" -p "$2:80" -p "$3:443" \\
      -v shipline-router:/router -e XDG_DATA_HOME=/router/data -e XDG_CONFIG_HOME=/router/state --entrypoint sh "$1" -c "$4" >/dev/null
  elif [ "$has" != "$ports" ]; then
    echo "the router of this server listens on the ports $has and not on $ports; name those under hosts.router, or remove" \\
      "the container shipline-router" >&2; exit 1
  fi
  docker start shipline-router >/dev/null
  for n in $(seq 50); do docker exec shipline-router wget -q -O /dev/null http://localhost:2019/config/ 2>/dev/null && return 0
    sleep 0.2; done
  echo "the router does not start: $(docker logs --tail 1 shipline-router 2>&1)" >&2; exit 1
}
"""

JOIN = """
networks() { docker inspect -f '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{"\\n"}}{{end}}' "$1"; }
join() {
  network=$(networks "$1" | head -n 1)
  networks shipline-router | grep -qxF "$network" || docker network connect "$network" shipline-router
}
"""
"""A shell function: `join id` lets the router reach a container, by the first of its networks."""

_POINT = (
    LIVE
    + _ENSURE
    + JOIN
    + """
project=$1 service=$2 port=$3 release=$4 digest=$5 hosts=$6 image=$7 http=$8 https=$9; shift 9
apply=$1 run=$2 checks=$3
umask 077; lines=$(mktemp); trap 'rm -f "$lines"' EXIT; cat >"$lines"
if [ "$release" = newest ]; then id=$(newest "$project" "$service"); else id=$(live "$project" "$service" "$release" "$digest"); fi
[ -n "$id" ] || { echo "no container of the service $service runs that requests could go to" >&2; exit 1; }
name=$(docker inspect -f '{{.Name}}' "$id"); name=${name#/}
docker inspect shipline-router >/dev/null 2>&1 && [ "$(docker inspect -f '{{.State.Running}}' shipline-router)" = true ] && up=yes || up=no
[ $up = yes ] || ensure "$image" "$http" "$https" "$run"
join "$id"
sed "s/UPSTREAM/$name:$port/g" "$lines" | docker exec -i shipline-router sh -euc "$apply" apply "$project" "$hosts" "$checks"
echo "requests go to $name"
"""
)

_READY = _ENSURE + 'ensure "$@"; echo "the router listens on the ports $2 and $3"'

_FORGET = """
docker inspect shipline-router >/dev/null 2>&1 || exit 0
printf '\\n\\n\\n\\n' | docker exec -i shipline-router sh -euc "$2" apply "$1" "" "$3"
"""

_LOOK = """
host=$1 path=$2 address=$3
for n in 1 2 3 4 5; do
  said=$(docker exec shipline-router wget -q -O /dev/null --timeout=5 ${host:+--header "Host: $host"} "http://$address$path" 2>&1) && {
    echo "the router answers $path with success"; exit 0; }
  sleep 0.5
done
echo "asked through the router, $path does not answer with success: ${said:-no answer}" >&2; exit 1
"""


def ready(site: Site) -> Command:
    """Start the server's router where it does not run. Fails when it listens on other ports than this app expects."""
    router = site.config.host.router
    return script(_READY, router.image, str(router.http), str(router.https), _RUN, says="is the router up?")


def point(site: Site, route: Route, release: str, digest: str = "", pem: Secret | None = None) -> Command:
    """Pass requests on to a container of the service: that of a release by its name, or `newest`.

    One call of the router's admin API; requests that are under way end where they are.
    """
    router = site.config.host.router
    words = (
        *(site.project, site.config.service, str(site.config.port), release, digest, " ".join(route.hosts)),
        *(router.image, str(router.http), str(router.https), _APPLY, _RUN, _CHECKS),
    )
    return script(
        _POINT, *words, stdin=_lines(site, route, pem), says=f"requests to the {release} {site.config.service}"
    )


def forget(site: Site) -> Command:
    """Remove the app's route: nothing of it serves any more."""
    return script(_FORGET, site.project, _APPLY, _CHECKS, says=f"no route to {site.project}")


def look(route: Route) -> Command:
    """Ask the app through the router, as people do, for the path that says whether it is healthy."""
    host = route.hosts[0] if route.hosts else ""
    return script(_LOOK, host, route.health, _CHECKS, says=f"ask for {route.health} through the router")


def _lines(site: Site, route: Route, pem: Secret | None) -> Secret:
    """The app's parts of the configuration, a line each: routes without TLS, with it, for looking, and a certificate.

    https://caddyserver.com/docs/json/apps/http/
    """
    match = [{"host": list(route.hosts)}] if route.hosts else None
    proxy = _route(match, _proxy(route))
    plain = _route(match, _redirect(site)) if route.tls else proxy
    lines = [
        json.dumps(each, separators=(",", ":")) if each else "" for each in (plain, proxy if route.tls else None, proxy)
    ]
    return Secret("".join(f"{line}\n" for line in [*lines, pem.reveal() if pem else ""]))


def _route(match: Any, handler: dict[str, Any]) -> dict[str, Any]:
    return {**({"match": match} if match else {}), "handle": [handler], "terminal": True}


def _proxy(route: Route) -> dict[str, Any]:
    return {
        "handler": "reverse_proxy",
        "stream_close_delay": f"{route.drain_timeout}s",
        "upstreams": [{"dial": "UPSTREAM"}],
        "load_balancing": {"try_duration": "5s", "try_interval": "100ms"},
    }


def _redirect(site: Site) -> dict[str, Any]:
    https = site.config.host.router.https
    port = "" if https == 443 else f":{https}"
    location = f"https://{{http.request.host}}{port}{{http.request.uri}}"
    return {"handler": "static_response", "status_code": 308, "headers": {"Location": [location]}}
