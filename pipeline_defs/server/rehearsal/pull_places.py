"""Pull places: the places on a server in which pull requests are rehearsed: which there are, and how one is removed."""

from pipeline_defs.server.compose.compose_commands import REMOVE_PROJECT
from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.lock import DEAD_SECONDS
from pipeline_defs.server.core.shell_clock import ALIVE
from pipeline_defs.server.core.site import Site

SECONDS = 600.0

# A place begins and ends with its folder, in which the token of its lock says that it is one.
_FIND = """
for token in "$1"*/lock.token; do
  [ -f "$token" ] || continue; folder=${token%/lock.token}; printf '%s\\n' "${folder#"$1"}"; done
"""

# With `alive` seconds a place stays whose lock's holder gave a sign of life within them.
_REMOVE = (
    ALIVE
    + REMOVE_PROJECT
    + """
folder=$1 project=$2 alive=$3
if [ -n "$alive" ] && [ -e "$folder/lock" ]; then
  beat=$folder/lock.beat; [ -e "$beat" ] || beat=$folder/lock
  [ "$(silent "$beat")" -ge "$alive" ] || { echo "it is in use"; exit 0; }
fi
remove_project "$project" false >/dev/null
rm -rf "$folder"
"""
)


def find_places(prefix: str, server: Runner) -> list[int]:
    """The numbers of the pull requests that have a folder on the server whose path begins so. Raises ServerError."""
    found = server.run(script(_FIND, prefix, says=f"which places are there: {prefix}*"), timeout=60)
    if not found.ok:
        raise ServerError(f"the places {prefix}* cannot be listed: {why(found)}")
    return sorted(int(line) for line in found.stdout.split() if line.isdecimal())


def remove_place(site: Site, server: Runner, *, unless_alive: bool = False) -> str:
    """Remove containers, networks, volumes and folder of a pull request's place; gives a sentence where anything stays, else nothing.

    With `unless_alive` a place stays whose run gave a sign of life lately.
    """
    result = server.run(_removal(site, unless_alive=unless_alive), timeout=SECONDS)
    if not result.ok:
        return f"{site.path()} and what belongs to it could not be removed: {why(result)}"
    return f"{site.path()} stays: {result.stdout.strip()}" if result.stdout.strip() else ""


def _removal(site: Site, *, unless_alive: bool) -> Command:
    alive = str(DEAD_SECONDS) if unless_alive else ""
    return script(_REMOVE, site.path(), site.project, alive, says=f"remove {site.path()}")
