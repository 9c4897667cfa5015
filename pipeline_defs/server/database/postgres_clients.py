"""PostgreSQL clients: how PostgreSQL's programs are called, in the database's container or from a container of their own.

Each text begins a program of ours and shifts its own words away. It defines these shell functions:

- `client program words…` runs a program that finds the database `$name` as the user `$user`, through libpq's variables;
- `on database program words…` does the same for another database of the cluster;
- `central program words…` does it for a database that every cluster has and that is not the app's;
- `with_dump file program words…` runs a program with the path of the file, as it is there, for its last word;
- `as_admin` makes `$user` somebody who may create databases and roles, where that is known.
"""

from pipeline_defs.server.compose.compose_commands import FIND, NOBODYS

_SHARED = """
on() ( name=$1; shift; client "$@" )
central() { case $name in postgres) on template1 "$@" ;; *) on postgres "$@" ;; esac; }
is_super() { [ "$(central psql -XAtqc 'select rolsuper from pg_roles where rolname = current_user' </dev/null 2>/dev/null)" = t ]; }
"""

SERVICE = (
    FIND
    + _SHARED
    + """
project=$1 service=$2 user=$3 name=$4; shift 4
id=$(found "$project" "$service")
client() { docker exec -i -e PGUSER="$user" -e PGDATABASE="$name" "$id" "$@"; }
with_dump() {
  dump=$1; shift
  client sh -c 'umask 077; file=$(mktemp); trap "rm -f $file" EXIT; cat >"$file"; "$@" "$file" </dev/null' sh "$@" <"$dump"
}
as_admin() {
  is_super && return
  other=$(docker exec "$id" sh -c 'printf %s "${POSTGRES_USER:-postgres}"')
  if (user=$other; is_super); then user=$other; fi
}
"""
)
"""Words: project, service, user, name."""

IN_SERVICE = f'{SERVICE}need "$project" "$service"\n'
"""The same for a service that has to run."""

# The settings come through standard input into a file that only this user reads, and are gone with it.
ELSEWHERE = (
    _SHARED
    + """
project=$1 image=$2 name=$3 user=$4; shift 4
umask 077; settings=$(mktemp); trap 'rm -f "$settings"' EXIT
cat >"$settings"
run() { docker run --rm -i """
    + NOBODYS
    + """ --network host --label "shipline.project=$project" --env-file "$settings" -e PGDATABASE="$name" "$@"; }
client() { run --entrypoint env "$image" "$@"; }
with_dump() {
  dump=$1; shift
  run -v "$(dirname "$dump"):/dumps:ro" --user 0:0 --entrypoint env "$image" "$@" "/dumps/$(basename "$dump")" </dev/null
}
as_admin() { :; }
"""
)
"""Words: project, image, name, user; libpq's variables on standard input."""
