"""Database: backup and restore of a PostgreSQL database that runs as a service of the compose file."""

from pipeline_defs.config.environment import Database
from pipeline_defs.server.command import Command, script
from pipeline_defs.server.compose import FIND
from pipeline_defs.server.site import Site

_BACKUP = (
    FIND
    + """
umask 077
project=$1 service=$2 user=$3 name=$4 out=$5
need "$project" "$service"
mkdir -p "$(dirname "$out")"
nice -n 10 docker exec "$id" pg_dump -Fc -U "$user" -d "$name" >"$out.partial"
docker exec -i "$id" pg_restore --list <"$out.partial" >/dev/null
sum=$(sha256sum <"$out.partial"); printf '%s  %s\\n' "${sum%% *}" "$(basename "$out")" >"$out.sha256"
sync "$out.partial" "$out.sha256"
mv "$out.partial" "$out"
echo "backup of $(wc -c <"$out") bytes, $(docker exec -i "$id" pg_restore --list <"$out" | grep -c 'TABLE DATA') tables, sha256 ${sum%% *}"
"""
)


def backup(site: Site, database: Database, path: str) -> Command:
    """Dump the running database into `path`, which exists only when the dump is whole.

    It is written as `.partial`, read back, checksummed and renamed.

    Only reads, so the environment serves on. Format: https://www.postgresql.org/docs/15/app-pgdump.html (custom).
    """
    words = (site.project, database.service, database.user, database.name, path)
    return script(_BACKUP, *words, says=f"pg_dump -Fc {database.name} > {path}")


def backup_bytes(output: str) -> int | None:
    """The size that `backup` printed, None when it printed none."""
    for line in output.splitlines():
        words = line.split()
        if words[:2] == ["backup", "of"] and len(words) > 2 and words[2].isdigit():
            return int(words[2])
    return None


_RESTORE = (
    FIND
    + """
project=$1 service=$2 user=$3 name=$4 dump=$5
need "$project" "$service"
(cd "$(dirname "$dump")" && sha256sum -c --status "$(basename "$dump").sha256") || { echo "the backup $dump is damaged" >&2; exit 1; }
docker exec -i "$id" pg_restore --no-owner --no-privileges --exit-on-error -U "$user" -d "$name" <"$dump"
echo "restored $(docker exec "$id" psql -U "$user" -d "$name" -Atc \
  "select count(*) from information_schema.tables where table_schema not in ('pg_catalog','information_schema')") tables"
"""
)


def restore(site: Site, database: Database, path: str) -> Command:
    """Load a backup into the site's fresh, empty database, after its checksum was checked."""
    words = (site.project, database.service, database.user, database.name, path)
    return script(_RESTORE, *words, says=f"pg_restore {path} into {database.name}")


_REMOVE_VOLUME = """
for volume in $(docker volume ls -q --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.volume=$2"); do
  docker volume rm -f "$volume"
done
"""


def remove_volume(site: Site, database: Database) -> Command:
    """Remove the volume of the site's database. Only for an environment that rehearses; its volume is found by the project's own label."""
    return script(
        _REMOVE_VOLUME, site.project, database.volume, says=f"docker volume rm {site.project}_{database.volume}"
    )
