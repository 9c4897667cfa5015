"""PostgreSQL: as a service of the compose file, or elsewhere by its URL. Only how a client program is called differs."""

from abc import abstractmethod

from typing_extensions import override

from pipeline_defs.config.database import Database, Sanitize
from pipeline_defs.config.secret import Secret
from pipeline_defs.server.command import Command, script
from pipeline_defs.server.compose import FIND
from pipeline_defs.server.database.address import Address
from pipeline_defs.server.database.driver import REMOVE_VOLUME, STATUS, Driver
from pipeline_defs.server.database.proof import PROVE
from pipeline_defs.server.database.room import ROOM
from pipeline_defs.server.health import LAST_WORDS
from pipeline_defs.server.site import Site

# Each kind defines `client program words…`, which finds the database through libpq's variables, and `with_dump file program words…`,
# which replaces the word DUMP by the file's path where the client is. Both begin with words of their own, which they shift away.
_SERVICE = (
    FIND
    + """
project=$1 service=$2 user=$3 name=$4; shift 4
id=$(found "$project" "$service")
client() { docker exec -i -e PGUSER="$user" -e PGDATABASE="$name" "$id" "$@"; }
with_dump() {
  dump=$1; shift
  client sh -c 'umask 077; cat >/tmp/shipline.dump' <"$dump"
  status=0; client sh -c 'exec "$@"' sh "$@" /tmp/shipline.dump </dev/null || status=$?
  client rm -f /tmp/shipline.dump </dev/null; return $status
}
maintenance() { client psql -d postgres "$@"; }
"""
)
_IN_SERVICE = f'{_SERVICE}need "$project" "$service"\n'
# The settings come through standard input into a file that only this user reads, and are gone with it.
_ELSEWHERE = """
project=$1 image=$2 name=$3; shift 3
umask 077; settings=$(mktemp); trap 'rm -f "$settings"' EXIT
cat >"$settings"
run() { docker run --rm -i --network host --label "shipline.project=$project" --env-file "$settings" "$@"; }
client() { run --entrypoint env "$image" "$@"; }
with_dump() {
  dump=$1; shift
  run -v "$(dirname "$dump"):/dumps:ro" --user 0:0 --entrypoint env "$image" "$@" "/dumps/$(basename "$dump")" </dev/null
}
maintenance() { client env PGDATABASE=postgres psql "$@"; }
"""

# All that pg_dump copies: no catalogues, and no tables that come with an extension. One line `table<TAB>rows` each.
_COUNTS = """
select format('select %L || chr(9) || count(*) from only %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname not like 'pg\\_%'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname \\gexec
"""

# One session holds the snapshot: pg_dump reads in it, and so do the counts. https://www.postgresql.org/docs/15/functions-admin.html
# (pg_export_snapshot). Its name is the session's first line of output.
_BACKUP = """
out=$1 sql=$2
umask 077; mkdir -p "$(dirname "$out")"
work=$(mktemp -d) session=
clean() { exec 3>&-; rm -rf "$work" ${settings:+"$settings"}; [ -z "$session" ] || kill "$session" 2>/dev/null || true; }
trap clean EXIT
mkfifo "$work/in"; : >"$work/out"
client psql -XAtq -v ON_ERROR_STOP=1 <"$work/in" >"$work/out" 2>"$work/err" & session=$!
exec 3>"$work/in"
echo "begin transaction isolation level repeatable read, read only; set row_security = off; select pg_export_snapshot();" >&3
until [ -s "$work/out" ]; do kill -0 "$session" 2>/dev/null || { cat "$work/err" >&2; exit 1; }; sleep 0.1; done
snapshot=$(head -n 1 "$work/out")
client sh -c 'if command -v ionice >/dev/null; then exec nice -n 10 ionice -c 2 -n 7 "$@"; fi; exec nice -n 10 "$@"' sh \
  pg_dump -Fc --snapshot="$snapshot" </dev/null >"$out.partial"
printf '%s\\n' "select pg_database_size(current_database());" "$sql" "commit;" >&3
exec 3>&-
wait "$session" || { cat "$work/err" >&2; exit 1; }
session=
client pg_restore --list <"$out.partial" >/dev/null
sed 1,2d "$work/out" >"$out.counts"
sum=$(sha256sum <"$out.partial"); printf '%s  %s\\n' "${sum%% *}" "$(basename "$out")" >"$out.sha256"
sync "$out.partial" "$out.sha256" "$out.counts"
mv "$out.partial" "$out"
echo "backup of $(wc -c <"$out") bytes, $(sed -n 2p "$work/out") database bytes," \\
  "$(awk 'END {print NR}' "$out.counts") tables, $(awk -F '\\t' '{n += $2} END {printf "%.0f", n}' "$out.counts") rows, sha256 ${sum%% *}"
"""

_RESTORE = """
dump=$1 jobs=$2
(cd "$(dirname "$dump")" && sha256sum -c --status "$(basename "$dump").sha256") || { echo "the backup $dump is damaged" >&2; exit 1; }
with_dump "$dump" pg_restore --no-owner --no-privileges --exit-on-error -j "$jobs" -d "$name"
client psql -XAtq -c analyze </dev/null
echo "restored $(client psql -XAtq -c \\
  "select count(*) from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')" </dev/null) tables"
"""

_PROVE = (
    PROVE
    + """
expected=$1 sql=$2
printf '%s\\n' "set row_security = off;" "$sql" | client psql -XAtq -v ON_ERROR_STOP=1 >"$expected.copy"
prove "$expected" "$expected.copy"
"""
)

_SANITIZE_SQL = 'client psql -Xq -v ON_ERROR_STOP=1 --single-transaction -f - <"$1"'
_SANITIZE_SCRIPT = 'client sh -eus <"$1"'

# While the image's own scripts prepare a new data folder, a temporary server listens on the socket alone. So readiness is asked of the
# network: of the loopback address, or of the container's own where the server listens on that one only.
_READY = (
    LAST_WORDS
    + """
limit=$1 end=$(( $(date +%s) + $1 ))
listens() { docker exec "$id" sh -c 'pg_isready -q -h 127.0.0.1 || pg_isready -q -h "$(hostname -i | cut -d " " -f 1)"'; }
stopped() {
  docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service" | head -n 1
}
answers() { said=$(client psql -XAtqc 'select 1' </dev/null 2>&1 >/dev/null); }
said=
until [ -n "$id" ] && listens </dev/null 2>/dev/null && answers; do
  case $said in *FATAL*"does not exist"*) refuse "$id" "$service" "takes connections, but not these: $said" ;; esac
  [ "$(date +%s)" -lt "$end" ] || refuse "$(stopped)" "$service" "takes no connections over the network after $limit s${said:+ ($said)}"
  sleep 0.2; id=$(found "$project" "$service")
done
echo "$service takes connections"
"""
)

_MAKE_ANEW = """
case $name in postgres|template0|template1) echo "the database $name is none that may be dropped" >&2; exit 1 ;; esac
maintenance -XAtq -v ON_ERROR_STOP=1 -v name="$name" <<'SQL'
drop database if exists :"name" with (force);
create database :"name";
SQL
echo "$name is empty"
"""


class Postgres(Driver):
    """What both kinds share."""

    counts_rows = True

    @abstractmethod
    def _client(self, text: str, *words: str, says: str) -> Command:
        """A program that calls `client`, `with_dump` and `maintenance`; its own words come after those of the kind."""

    @override
    def room(self, target: Site) -> Command | None:
        text = (
            ROOM + 'enough "$(client psql -XAtq -c "select pg_database_size(current_database())" </dev/null)" "$1" "$2"'
        )
        here = "no" if target.config.database is not None and target.config.database.url else "yes"
        return self._client(text, target.path("backups"), here, says="is there room for a backup and a copy?")

    @override
    def backup(self, path: str) -> Command:
        """Format: https://www.postgresql.org/docs/15/app-pgdump.html (custom)."""
        return self._client(_BACKUP, path, _COUNTS, says=f"pg_dump -Fc {self} > {path}")

    @override
    def restore(self, path: str) -> Command:
        return self._client(_RESTORE, path, str(self.config.jobs), says=f"pg_restore {path} into {self}")

    @override
    def prove(self, path: str) -> Command:
        return self._client(_PROVE, f"{path}.counts", _COUNTS, says=f"compare the rows of {self} with {path}.counts")

    @override
    def sanitize(self, file: str, how: Sanitize) -> Command:
        text = _SANITIZE_SQL if how.sql else _SANITIZE_SCRIPT
        return self._client(text, file, says=f"{'psql -f' if how.sql else 'sh'} {how.path}")


class PostgresService(Postgres):
    """PostgreSQL in a container of the site's compose project."""

    in_container = True

    @override
    def _client(self, text: str, *words: str, says: str) -> Command:
        fixed = (self.site.project, self.config.service, self.config.user, self.config.name)
        return script(_IN_SERVICE + text, *fixed, *words, says=says)

    @override
    def status(self) -> Command:
        words = (self.site.project, self.config.service)
        return script(STATUS, *words, says=f"does {self.config.service} of {self.site.environment} run?")

    @override
    def empty(self) -> Command:
        volume = self.config.volume
        return script(REMOVE_VOLUME, self.site.project, volume, says=f"docker volume rm {self.site.project}_{volume}")

    @override
    def ready(self) -> Command:
        words = (self.site.project, self.config.service, self.config.user, self.config.name)
        limit = str(self.site.config.health.timeout)
        return script(_SERVICE + _READY, *words, limit, says=f"wait until {self.config.service} takes connections")

    def __str__(self) -> str:
        return self.config.name


class PostgresElsewhere(Postgres):
    """PostgreSQL that is no container here, reached from the server by its URL."""

    in_container = False

    def __init__(self, site: Site, config: Database, address: Address) -> None:
        super().__init__(site, config)
        self.address = address

    @override
    def _client(self, text: str, *words: str, says: str) -> Command:
        fixed = (self.site.project, self.config.client, self.address.name)
        settings: Secret = self.address.settings()
        return script(_ELSEWHERE + text, *fixed, *words, stdin=settings, says=says)

    @override
    def status(self) -> Command:
        return self._client("client pg_isready </dev/null", says=f"does {self} answer?")

    @override
    def empty(self) -> Command:
        return self._client(_MAKE_ANEW, says=f"drop and create {self}")

    @override
    def ready(self) -> Command:
        return self._client("client pg_isready -t 30 </dev/null", says=f"wait until {self} answers")

    def __str__(self) -> str:
        return str(self.address)
