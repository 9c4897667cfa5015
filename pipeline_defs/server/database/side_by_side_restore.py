"""Side by side restore: a dump is restored into a database of its own, which then takes the place of another one by its name.

What there is decides what has to be done, so each program may be executed again wherever it was cut off: `$new` is the database
that a dump is restored into, and `$old` the one that was replaced. Both renames are one transaction, so there is always one under
the database's own name, or was never any.
"""

import hashlib

_LONGEST = 63
"""Bytes of a name in PostgreSQL, which cuts off the rest."""

SUFFIXES = ("_shipline_restored", "_shipline_replaced")


def names(name: str) -> tuple[str, str]:
    """What the restored database is called before it takes its place, and what the replaced one is called afterwards."""
    room = _LONGEST - max(map(len, SUFFIXES))
    short = name
    if len(name.encode()) > room:
        short = name.encode()[: room - 9].decode(errors="ignore") + "_" + hashlib.sha256(name.encode()).hexdigest()[:8]
    restored, replaced = (short + suffix for suffix in SUFFIXES)
    return restored, replaced


_HELPERS = """
new=$1 old=$2; shift 2
live=$name
tell() { central psql -XAtq -v ON_ERROR_STOP=1 -v live="$live" -v new="$new" -v old="$old" -v into="$new" "$@"; }
has() { [ "$(printf '%s\\n' "select count(*) from pg_database where datname = :'name'" | tell -v name="$1" -f -)" = 1 ]; }
drop() { # a backend that ends may need a moment, and one more may come
  has "$1" || return 0
  printf '%s\\n' 'drop database if exists :"name" with (force)' | tell -v name="$1" -f -; echo "the database $1 is dropped"
}
exchange() { # database, its next name, the one that takes its place
  n=0
  until printf '%s\\n' "$exchange" | tell -v out="$2" -v next="$3" -f - 2>"$said"; do
    n=$((n + 1)); [ "$n" -lt 20 ] || { cat "$said" >&2; exit 1; }; sleep 0.5
  done
}
said=$(mktemp); trap 'rm -f "$said" "$said.database" ${settings:+"$settings"}' EXIT
exchange="
select pg_terminate_backend(pid) from pg_stat_activity where datname in (:'live', :'next') and pid <> pg_backend_pid() \\\\g /dev/null
begin;
select count(*) = 1 as there from pg_database where datname = :'live' \\\\gset
\\\\if :there
alter database :\\"live\\" rename to :\\"out\\";
\\\\endif
alter database :\\"next\\" rename to :\\"live\\";
commit;"
"""

_BESIDE = """
dump=$1 jobs=$2 copy=$3 catalog=$4 properties=$1.database
(cd "$(dirname "$dump")" && sha256sum -c --status "$(basename "$dump").sha256") || { echo "the backup $dump is damaged" >&2; exit 1; }
[ -f "$properties" ] || { # an older backup is of a database as the present one is
  properties=$said.database; printf '%s\\n' "$catalog" | client psql -XAtq -v ON_ERROR_STOP=1 -f - >"$properties"; }
in_new() { printf '%s\\n' "$1" | on "$new" psql -XAtq -v ON_ERROR_STOP=1 -f -; }
wants=$user made_by=$(sed -n '1s/^-- made by //p' "$properties")
as_admin
drop "$new"
list=$(client pg_restore --list <"$dump")
options= bare=
if ! is_super && [ -n "$copy" ]; then bare=yes options="--no-owner --no-privileges"
elif ! is_super; then
  others=$(printf '%s\\n' "$list" | awk -v user="$user" '!/^;/ && !/ SCHEMA - public / && $NF != user' | wc -l)
  [ "$others" -gt 0 ] || options=--no-owner
fi
[ -z "$copy" ] || options="$options --no-subscriptions --no-tablespaces"
[ -n "$bare" ] || [ ! -f "$dump.roles" ] || tell -f - <"$dump.roles"
sed -n 2p "$properties" | tell -f - || { [ -n "$copy" ] && echo 'create database :"into" template template0' | tell -f -; }
[ -n "$bare" ] || sed 1,2d "$properties" | tell -f -
case $list in *' EXTENSION - timescaledb '*) # https://docs.timescale.com: it takes no jobs, and has to be told before and afterwards
  jobs=1; in_new 'create extension timescaledb; select timescaledb_pre_restore()' >/dev/null ;; esac
with_dump "$dump" pg_restore $options --exit-on-error -j "$jobs" -d "$new"
case $list in *' EXTENSION - timescaledb '*) in_new 'select timescaledb_post_restore()' >/dev/null ;; esac
if [ -n "$made_by" ] && [ "$made_by" != "$wants" ] && [ -z "$bare" ] && [ -n "$copy" ]; then
  echo 'reassign owned by :"made" to :"wants"' | on "$new" psql -XAtq -v ON_ERROR_STOP=1 -v made="$made_by" -v wants="$wants" -f -; fi
in_new analyze
tables="select count(*) from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')"
echo "restored $(in_new "$tables") tables"
"""
_SWAP = """
as_admin
if has "$new"; then drop "$old"; exchange "$live" "$old" "$new"; echo "$live is what was restored"; fi
"""

RESTORE = _HELPERS + _BESIDE
"""Restore a dump beside what is there. Words: new, old, dump, jobs, `copy` or nothing, `catalog.DATABASE`.

A copy is one of another environment's database, where not every role and place may be had.
"""

COPY = _HELPERS + _BESIDE + _SWAP + 'drop "$old"'
"""The same, and put it in the place of what was there, which is dropped."""

PROVE_NEW = _HELPERS + "as_admin; name=$new"
"""What follows asks the database that was restored and is not in its place yet."""

SWAP = _HELPERS + _SWAP
"""Put what was restored in its place; what was there is kept as `old`. Words: new, old."""

TAKE_BACK = (
    _HELPERS
    + """
as_admin
if has "$old"; then drop "$new"; exchange "$live" "$new" "$old"; echo "$live is again what it was"; else echo "$live was not replaced"; fi
drop "$new"
"""
)
"""Put what was replaced back in its place, if it was replaced, and drop what was restored. Words: new, old."""

FORGET_NEW = _HELPERS + 'as_admin; drop "$new"'
"""Drop what was restored, unless it is in its place. Words: new, old."""

DISCARD = _HELPERS + 'as_admin; drop "$new"; drop "$old"; '
"""The same, and drop what was replaced. Words: new, old."""
