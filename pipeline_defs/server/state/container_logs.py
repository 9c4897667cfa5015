"""Container logs: what the containers of an environment said last, and what they say now."""

from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.site import Site

# `read` and not awk or sed, which may keep lines back until there are many of them.
_LOGS = """
project=$1 lines=$2 since=$3 follow=$4
shift 4
set -- "$@" --tail "$lines"
[ -z "$since" ] || set -- "$@" --since "$since"
[ -z "$follow" ] || set -- "$@" --follow
ids=$(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False)
[ -n "$ids" ] || { echo "no container of $project is there" >&2; exit 3; }
for id in $ids; do
  service=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$id") || continue
  docker logs "$@" "$id" 2>&1 | while IFS= read -r line; do printf '%s | %s\\n' "$service" "$line"; done &
done
wait
"""

NOTHING_THERE = 3
"""The exit status where the environment has no container."""


def logs(site: Site, lines: int, since: int | None, *, follow: bool) -> Command:
    """The last lines of each container, `service | line`; of the last so many seconds where `since` is given.

    With `follow` it goes on with what they say, until it is stopped.
    """
    words = (site.project, str(lines), f"{since}s" if since else "", "yes" if follow else "")
    return script(_LOGS, *words, says=f"docker logs of {site.project}")
