"""Pull places: the places on a server in which pull requests are rehearsed, or stay up: which there are, and how one is removed."""

from dataclasses import dataclass

from pipeline_defs.release.pull_previews import Standing
from pipeline_defs.server.compose.compose_commands import REMOVE_PROJECT
from pipeline_defs.server.core.command import Command, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.lock import DEAD_SECONDS
from pipeline_defs.server.core.shell_clock import ALIVE
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router.caddy import APPLY, CHECKS
from pipeline_defs.server.router.door import CLOSE

SECONDS = 600.0

# A place begins and ends with its folder, in which the token of its lock says that it is one, and `preview` that it is to stay:
# when it was made, until when it stays, and which run made it.
_FIND = """
now=$(date +%s)
for token in "$1"*/lock.token; do
  [ -f "$token" ] || continue; folder=${token%/lock.token}
  made= until= run=; [ ! -f "$folder/preview" ] || read -r made until run <"$folder/preview" || :
  printf '%s %s\\n' "${folder#"$1"}" "${run:+$((now - made)) $((until - now)) $run}"; done
root=$(docker info -f '{{.DockerRootDir}}' 2>/dev/null) &&
  df -Pk "$root" 2>/dev/null | awk 'NR == 2 {printf "free %.0f\\n", $4 * 1024}' || :
"""

# The dump is the copy as it was before anything made it harmless.
_MARK = """
folder=$1 days=$2 run=$3
rm -rf "$folder/backups"
now=$(date +%s); until=$((now + days * 86400))
new=$folder/preview.new
printf '%s %s %s\\n' "$now" "$until" "$run" >"$new"; sync "$new"; mv -f "$new" "$folder/preview"
echo "it stays up until $(date -u -d "@$until" +%Y-%m-%dT%H:%M:%SZ)"
"""

# With `alive` seconds a place stays whose lock's holder gave a sign of life within them. The token is what it is found by, so it goes last.
_REMOVE = (
    ALIVE
    + REMOVE_PROJECT
    + CLOSE
    + """
folder=$1 project=$2 alive=$3 apply=$4 checks=$5
if [ -n "$alive" ] && [ -e "$folder/lock" ]; then
  beat=$folder/lock.beat; [ -e "$beat" ] || beat=$folder/lock
  [ "$(silent "$beat")" -ge "$alive" ] || { echo "it is in use"; exit 0; }
fi
rm -f "$folder/preview"
remove_project "$project" false >/dev/null
close_door "$project" "$apply" "$checks" >/dev/null
find "$folder" -mindepth 1 -maxdepth 1 ! -name lock.token -exec rm -rf {} + 2>/dev/null || [ ! -e "$folder" ]
rm -rf "$folder"
"""
)


@dataclass(frozen=True)
class PullPlaces:
    """The places of an app's pull requests on a server, by number, with the preview where it is to stay; and how many bytes are free."""

    places: dict[int, Standing | None]
    free: int | None = None

    @property
    def previews(self) -> list[Standing]:
        """Those that are to stay."""
        return [each for each in self.places.values() if each is not None]


def find_places(prefix: str, server: Runner) -> PullPlaces:
    """The places of the pull requests that have a folder on the server whose path begins so. Raises ServerError."""
    found = server.run(script(_FIND, prefix, says=f"which places are there: {prefix}*"), timeout=60)
    if not found.ok:
        raise ServerError(f"the places {prefix}* cannot be listed: {why(found)}")
    places, free = dict[int, Standing | None](), None
    for name, *said in map(str.split, found.stdout.splitlines()):
        if name.isdecimal():
            places[int(name)] = _standing(int(name), said)
        elif name == "free" and said:
            free = int(said[0])
    return PullPlaces(dict(sorted(places.items())), free)


def _standing(pull: int, said: list[str]) -> Standing | None:
    """What is noted of a preview; None where it is none, or the note cannot be read."""
    try:
        age, left, run = said
        return Standing(pull, run, int(age), int(left))
    except ValueError:
        return None


def mark_preview(site: Site, days: int, run: str) -> Command:
    """Note on the server that a place is to stay, and remove the dump that its database was restored from."""
    return script(_MARK, site.path(), str(days), run, says=f"{site.path()} stays for {days} days")


def remove_place(site: Site, server: Runner, *, unless_alive: bool = False) -> str:
    """Remove route, containers, networks, volumes and folder of a pull request's place; gives a sentence where anything stays.

    With `unless_alive` a place stays whose run gave a sign of life lately.
    """
    result = server.run(_removal(site, unless_alive=unless_alive), timeout=SECONDS)
    if not result.ok:
        return f"{site.path()} and what belongs to it could not be removed: {why(result)}"
    return f"{site.path()} stays: {result.stdout.strip()}" if result.stdout.strip() else ""


def _removal(site: Site, *, unless_alive: bool) -> Command:
    alive = str(DEAD_SECONDS) if unless_alive else ""
    return script(_REMOVE, site.path(), site.project, alive, APPLY, CHECKS, says=f"remove {site.path()}")
