"""A database that is not PostgreSQL: the user's own commands inside its container."""

import shlex

from typing_extensions import override

from pipeline_defs.config.database import Database, DatabaseCommands, Sanitize
from pipeline_defs.server.compose.compose_commands import FIND
from pipeline_defs.server.core.command import Command, script
from pipeline_defs.server.core.shell_clock import NOW
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.database.database_driver import REMOVE_VOLUME, STATUS, Driver
from pipeline_defs.server.database.row_counts import PROVE

# A command is given as one word, quoted for a shell, since two of them go into one script.
_RUN = (
    FIND
    + """
need "$1" "$2"; shift 2
run() { eval "set -- $1"; docker exec -i "$id" "$@"; }
"""
)

# Nothing is known of snapshots here: what was counted before and after are the limits of what a backup may hold.
_BACKUP = """
out=$1 backup=$2 counts=$3
umask 077; mkdir -p "$(dirname "$out")"
count() { [ -z "$counts" ] || run "$counts" </dev/null | LC_ALL=C sort; }
count >"$out.before"
run "$backup" </dev/null >"$out.partial"
[ -s "$out.partial" ] || { echo "the backup command wrote nothing" >&2; exit 1; }
count >"$out.after"
LC_ALL=C join -t "$(printf '\\t')" "$out.before" "$out.after" >"$out.counts"; rm -f "$out.before" "$out.after"
sum=$(sha256sum <"$out.partial"); printf '%s  %s\\n' "${sum%% *}" "$(basename "$out")" >"$out.sha256"
sync "$out.partial" "$out.sha256" "$out.counts"
mv "$out.partial" "$out"
echo "backup of $(wc -c <"$out") bytes, $(awk 'END {print NR}' "$out.counts") tables," \\
  "$(awk -F '\\t' '{n += $2} END {printf "%.0f", n}' "$out.counts") rows, sha256 ${sum%% *}"
"""

_RESTORE = """
dump=$1
(cd "$(dirname "$dump")" && sha256sum -c --status "$(basename "$dump").sha256") || { echo "the backup $dump is damaged" >&2; exit 1; }
run "$2" <"$dump"
echo "restored $(wc -c <"$dump") bytes"
"""

_PROVE = PROVE + 'run "$2" </dev/null | LC_ALL=C sort >"$1.copy"; prove "$1" "$1.copy"'

_READY = (
    NOW
    + """
end=$(( $(now) + 60000 ))
until run "$1" </dev/null; do [ "$(now)" -lt "$end" ] || { echo "it takes no connections after 60 s" >&2; exit 1; }; sleep 0.5; done
"""
)


# What a compose project did not make itself, an external volume or a folder, is nobody's to remove but a person's.
_OWN_VOLUME = """
project=$1 service=$2 key=$3 backup=$4 restore=$5
label='{{index .Labels "com.docker.compose.project"}}/{{index .Labels "com.docker.compose.volume"}}'
for id in $(docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service"); do
  others=
  for volume in $(docker inspect -f '{{range .Mounts}}{{println .Name}}{{end}}' "$id"); do
    found=$(docker volume inspect -f "$label" "$volume")
    [ "$found" != "$project/$key" ] || { echo "the data is in $volume"; continue 2; }
    case $found in "$project"/?*) others="$others${others:+ or }${found#*/}" ;; esac
  done
  hint=${others:+if it is in $others, write that under database.volume; else }
  echo "the data of $service is not in the volume $key of $project, so it cannot be made anew for a restore: ${hint}Shipline removes no" \
    "external volume and no folder: stop what writes there, empty it, and restore by hand:" \
    "docker exec -i $(docker inspect -f '{{slice .Name 1}}' "$id") $restore <$backup" >&2
  exit 1
done
echo "the data is in $key"
"""


class ByCommands(Driver):
    """A service of the compose file that is copied by the app's own commands."""

    in_container = True

    def __init__(self, site: Site, config: Database, commands: DatabaseCommands) -> None:
        super().__init__(site, config)
        self.commands = commands

    @property
    @override
    def counts_rows(self) -> bool:
        return self.commands.counts is not None

    def _run(self, text: str, *words: str, says: str) -> Command:
        return script(_RUN + text, self.site.project, self.config.service, *words, says=says)

    @override
    def status(self) -> Command:
        words = (self.site.project, self.config.service)
        return script(STATUS, *words, says=f"does {self.config.service} of {self.site.environment} run?")

    @override
    def room(self, target: Site) -> Command | None:
        return None

    @override
    def backup(self, path: str) -> Command:
        words = (shlex.join(self.commands.backup), shlex.join(self.commands.counts or ()))
        return self._run(_BACKUP, path, *words, says=f"{shlex.join(self.commands.backup)} > {path}")

    @override
    def empty(self) -> Command:
        volume = self.config.volume
        return script(REMOVE_VOLUME, self.site.project, volume, says=f"docker volume rm {self.site.project}_{volume}")

    def own_volume(self, backup: str) -> Command:
        """Whether the data is in a volume that `empty` removes: neither a folder of the host nor an external volume.

        It fails with what a person can do instead to restore `backup`.
        """
        words = (self.site.project, self.config.service, self.config.volume, backup, shlex.join(self.commands.restore))
        return script(_OWN_VOLUME, *words, says=f"is the data in the volume {self.config.volume}?")

    @override
    def ready(self) -> Command | None:
        ready = self.commands.ready
        return self._run(_READY, shlex.join(ready), says=shlex.join(ready)) if ready else None

    @override
    def restore(self, path: str) -> Command:
        restore = shlex.join(self.commands.restore)
        return self._run(_RESTORE, path, restore, says=f"{restore} < {path}")

    @override
    def prove(self, path: str) -> Command:
        counts = shlex.join(self.commands.counts or ())
        return self._run(_PROVE, f"{path}.counts", counts, says=f"compare {counts} with {path}.counts")

    @override
    def sanitize(self, file: str, how: Sanitize) -> Command:
        return self._run('docker exec -i "$id" sh -eus <"$1"', file, says=f"sh {how.path}")
