"""Container health: when a service that was started may be used, and how soon one is given up that cannot be."""

from pipeline_defs.config.route import Route
from pipeline_defs.release.records import Release
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.shell_clock import NOW
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.health.listening_ports import ACCEPTS, asked_port
from pipeline_defs.server.router.router import JOIN
from pipeline_defs.server.state.live_container import LIVE

LAST_WORDS = """
refuse() {
  said=; [ -z "$1" ] || said=$(docker logs --tail 15 "$1" 2>&1) || true
  printf '%s\\n' "$said"
  said=$(printf '%s\\n' "$said" | sed 's/\\x1b\\[[0-9;]*[A-Za-z]//g' | tr -d '\\000-\\010\\013-\\037' |
    grep '[^ ]' | tail -n 3 | awk '{ printf "%s%s", between, substr($0, 1, 160); between = " | " }') || true
  memory=; [ -z "$1" ] || memory=$(docker inspect -f '{{if .State.OOMKilled}} (it ran out of memory){{end}}' "$1" 2>/dev/null) || :
  echo "the service $2 $3$memory${said:+; it said last: $said}" >&2; exit 1
}
"""
"""A shell function: `refuse id service why` ends with a sentence that has the container's last lines; more of them go to the log."""

# The container's own health check, run now: the Engine's next look may be half a minute away. The words may have line breaks.
_CHECKED = """
checked() { # id
  docker inspect -f '{{with .Config.Healthcheck}}{{if eq (index .Test 0) "CMD-SHELL"}}{{with $.Config.Shell}}{{
    range .}}{{.}}{{"\\x00"}}{{end}}{{else}}/bin/sh{{"\\x00"}}-c{{"\\x00"}}{{end}}{{end}}{{
    range $n, $word := .Test}}{{if $n}}{{$word}}{{"\\x00"}}{{end}}{{end}}{{end}}' "$1" | head -c -1 |
    xargs -0 timeout 30 docker exec "$1" >/dev/null 2>&1
}
"""
"""A shell function that succeeds where the health check of a container does, which has to have one."""

# One look tells everything. A restart counts from here on where the container has run for ten seconds: by then Docker, too,
# takes it for one that runs. The router asks for about a second before the next look, as starting it takes longer than an answer.
_HEALTHY = (
    LIVE
    + JOIN
    + LAST_WORDS
    + ACCEPTS
    + _CHECKED
    + NOW
    + """
project=$1 limit=$2 release=$3 digest=$4 host=$5 port=$6 path=$7 stay=$8 main=$9; shift 9
listens=$1 usual=$2; shift 2
end=$(( $(now) + limit * 1000 ))
container() {
  if [ -n "$release" ]; then live "$project" "$1" "$release" "$digest"; else all "$project" "$1" | head -n 1; fi
}
look() {
  docker inspect -f '{{.State.Status}}/{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.RestartCount}} {{
    .State.StartedAt}} {{.State.ExitCode}} {{or .HostConfig.RestartPolicy.Name "no"}} {{
    range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" 2>/dev/null
}
answers() {
  docker exec shipline-router sh -c '"""
    + NOW
    + """
    end=$(( $(now) + 1000 ))
    until wget -q -t 1 -T 1 -O /dev/null ${1:+--header "Host: $1"} "$2"; do [ "$(now)" -lt "$end" ] || exit 1; sleep 0.05; done' \\
    ask "$host" "http://$1:$port$path" >/dev/null 2>&1
}
for service; do
  before= joined= hidden= failing="$path is not answered with success on port $port"
  while :; do
    id=$(container "$service") said=
    [ -z "$id" ] || said=$(look "$id") || said=
    read -r state restarts started status policy address rest <<SAID || true
${said:-gone 0 now 0 no}
SAID
    ran=$(( $(date +%s%3N) - $(date -d "$started" +%s%3N) ))
    [ -n "$before" ] || { before=0; [ "$ran" -lt 10000 ] || before=$restarts; }
    restarts=$((restarts - before))
    [ "$restarts" -lt 2 ] || refuse "$id" "$service" "crashes again and again ($restarts restarts)"
    at=
    case $service/$state in
      "$main"/running/healthy|"$main"/running/none) at=$(accepts "$id" "$listens" "$usual") ;;
    esac
    case $at in
      loopback*) hidden=${hidden:-$(now)} state=running/hidden ;;
      *) hidden= ;;
    esac
    case $port/$state in
      /running/healthy) echo "$service is healthy"; break ;;
    esac
    case $state in
      running/unhealthy) refuse "$id" "$service" "is unhealthy" ;; # of one that does not run the Engine says so, too
      exited/*)
        case "$status/$policy/ $stay " in
          */*" $service "*) ;; # it has to stay
          0/no/*|0/on-failure/*) echo "$service has ended well"; break ;;
        esac
        refuse "$id" "$service" "stopped with exit status $status" ;;
      dead/*) refuse "$id" "$service" "stopped with exit status $status" ;;
      running/none)
        case $port/$at in
          /open*) echo "$service accepts connections on port ${at#* } (it has no health check)"; break ;;
          /) [ "$ran" -lt $((2000 + restarts * 8000)) ] || { echo "$service runs (it has no health check)"; break; } ;;
        esac ;;
    esac
    # A server may open one socket after the other.
    [ -z "$hidden" ] || { [ $(($(now) - hidden)) -lt 2000 ] && [ "$(now)" -lt "$end" ]; } ||
      refuse "$id" "$service" "listens on the container's own loopback alone (port ${at#* }), where nobody reaches it; \
let it listen on 0.0.0.0"
    [ "$(now)" -lt "$end" ] || case $at in
      closed*) refuse "$id" "$service" "did not become healthy within $limit s: nothing in it listens on port ${at#* }; \
see whether port names the right one" ;;
      *) refuse "$id" "$service" "did not become healthy within $limit s${port:+: $failing} ($state)" ;;
    esac
    case $port/$address/$state in
      ?*/?*/running/*)
        [ "$joined" = "$id" ] || { join "$id" || refuse "" "$service" "cannot be asked: the router does not run"; joined=$id; }
        if answers "$address"; then
          case $state in
            */healthy) echo "$service answers $path and is healthy"; break ;;
            */starting)
              if checked "$id"; then echo "$service answers $path and is healthy"; break; fi
              failing="it answers $path, and its own health check fails"; sleep 0.5 ;;
            *) echo "$service answers $path"; break ;;
          esac
        fi ;;
      *) sleep 0.15 ;;
    esac
  done
done
"""
)


def healthy(site: Site, *services: str) -> Command:
    """Wait on the server until each service is healthy.

    Without a health check the main one is so as soon as it accepts connections from outside the container on a port that the app's
    file names or the compose file publishes; any other service once it has run for two seconds. A main service that listens on the
    container's loopback alone is refused, whatever its health check says.

    One that has ended with status 0 and is not to be restarted is done, unless it is the app's main service or its database. Ends at
    once when it cannot become so, as with its second restart: with the container's own last lines, in the sentence too.
    """
    return _healthy(site, *services, says=f"wait until {', '.join(services)} is healthy")


def answers(site: Site, route: Route, live: Release | None = None) -> Command:
    """The same for the routed service, that of a release or the newest: it has to answer the router, and its health check to succeed.

    Its health check is run here, too, so that nobody waits for the Engine's own next look.
    """
    which = f"the live {site.config.service}" if live else site.config.service
    return _healthy(site, site.config.service, route=route, live=live, says=f"wait until {which} is healthy")


def _healthy(site: Site, *services: str, says: str, route: Route | None = None, live: Release | None = None) -> Command:
    meant = (live.name, live.digest) if live else ("", "")
    asked = (route.hosts[0] if route.hosts else "", str(site.config.port), route.health) if route else ("", "", "")
    stay = " ".join([site.config.service, *([site.config.database.service] if site.config.database else [])])
    listens = (site.config.service, asked_port(site), str(site.config.port))
    words = (site.project, str(site.config.health.timeout), *meant, *asked, stay, *listens, *services)
    return script(_HEALTHY, *words, says=says)
