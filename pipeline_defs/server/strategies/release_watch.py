"""Release watch: a release that serves already is looked at for a while, as long as the older one can take the requests back."""

from pipeline_defs.release.records import Release
from pipeline_defs.release.step_name import StepName
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.shell_clock import NOW
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import QUICK_SECONDS, Step
from pipeline_defs.server.health.container_health import LAST_WORDS
from pipeline_defs.server.router.caddy import requests_of

FEWEST = 3
"""Failed requests that say something of a release: one or two are anybody's."""

# What a container is like has to stay as it is: how often it was restarted, that it runs, and is not unhealthy. One that ends by
# itself with status 0 and is not to be restarted may do so, but for the main service.
# Of the router's log of this app's requests counts what comes while it is watched; where it was rolled, the rest of the older file too.
_WATCH = (
    LAST_WORDS
    + NOW
    + """
project=$1 release=$2 seconds=$3 share=$4 fewest=$5 log=$6 main=$7
of_release() { docker ps -aq --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False \\
  --filter "label=shipline.release=$release"; }
look() {
  docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{.State.Running}} {{.RestartCount}} {{
    .State.ExitCode}} {{or .HostConfig.RestartPolicy.Name "no"}} {{
    if .State.Health}}{{eq .State.Health.Status "unhealthy"}}{{end}}' $(of_release) 2>/dev/null |
    awk -v main="$main" '$1 != main && $2 == "false" && $4 == 0 && $5 ~ /^(no|on-failure)$/ { $2 = "true" }
      { print $1, $2, $3, $6 }' | sort
}
in_router() { text=$1; shift; docker exec shipline-router sh -euc "$text" watch "$@"; }
size() { in_router 'mkdir -p "${1%/*}"; : >>"$1"; wc -c <"$1"' "$log"; }
count() {
  in_router '[ ! -e "/router/closed/$5" ] || { echo 0 0 0; exit 0; }  # the page that the router gives instead is no failure
    { if [ "$(wc -c <"$1")" -lt "$2" ]; then
      older=$(ls -1t "${1%.log}"-*.log | head -n 1); tail -c "+$(($2 + 1))" "$older"; cat "$1"
    else tail -c "+$(($2 + 1))" "$1"; fi; } |
    awk -v share="$3" -v fewest="$4" "{ all++ } /\\"status\\":5[0-9][0-9]/ { bad++ }
      END { print bad + 0, all + 0, (bad >= fewest && bad > share * all) }"' "$log" "$from" "$share" "$fewest" "$project"
}
first=$(look | sed 's/ true$/ false/') bad=0 all=0 much=0  # behind a route it may be unhealthy by now
[ -z "$log" ] || from=$(size)
end=$(( $(now) + seconds * 1000 ))
while :; do
  now=$(look)
  if [ "$now" != "$first" ]; then
    service=$(printf '%s\\n' "$now" | grep -vxF "$first" | head -n 1) || true
    service=${service%% *}
    id=$(of_release | xargs -r docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}} {{.Id}}' |
      sed -n "s/^${service:-none} //p" | head -n 1)
    refuse "$id" "${service:-of the release}" "did not hold while it was watched: it stopped, was restarted or became unhealthy"
  fi
  if [ -n "$log" ]; then
    read -r bad all much <<COUNTED
$(count)
COUNTED
    [ "$much" = 0 ] || { echo "while it was watched $bad of $all requests failed, a larger share than $share" >&2; exit 1; }
  fi
  [ "$(now)" -lt "$end" ] || break
  sleep 0.5
done
echo "watched for $seconds s: nothing was restarted${log:+, $bad of $all requests failed}"
"""
)


def watch(site: Site, release: Release) -> list[Step]:
    """Look at the containers of the release, and behind a route at the share of its requests that fail; nothing where it is off."""
    wanted = site.config.watched
    if wanted.seconds == 0:
        return []
    log = requests_of(site) if site.config.route else ""
    words = (site.project, release.name, str(wanted.seconds), str(wanted.errors), str(FEWEST), log, site.config.service)
    look = script(_WATCH, *words, says=f"watch {release.version} for {wanted.seconds} s")
    return [Step(StepName.WATCH, look, timeout=wanted.seconds + QUICK_SECONDS)]
