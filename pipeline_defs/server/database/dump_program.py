"""Dump program: the program that writes a database's dump, its counts, and the roles and properties that belong to it."""

# One session holds the snapshot: pg_dump reads in it, and so do the counts. https://www.postgresql.org/docs/15/functions-admin.html
# (pg_export_snapshot). Its name is the session's first line of output. Roles hold password hashes: the files are this user's alone.
BACKUP = """
out=$1 counts=$2 refusals=$3 roles=$4 properties=$5 every=$6
umask 077; mkdir -p "$(dirname "$out")"
work=$(mktemp -d) session=
clean() { exec 3>&-; rm -rf "$work" ${settings:+"$settings"}; [ -z "$session" ] || kill "$session" 2>/dev/null || true; }
trap clean EXIT
asked() { client psql -XAtq -v ON_ERROR_STOP=1 -v every="$every" -f -; }
printf '%s\\n' "$refusals" | asked >"$work/refused"
refused=$(awk '{ printf "%s%s", between, $0; between = "; " }' "$work/refused")
[ -z "$refused" ] || { echo "no backup could be made that brings everything back: $refused" >&2; exit 1; }
printf '%s\\n' "$properties" | asked >"$out.database"
(as_admin; printf '%s\\n' "$roles" | asked) >"$out.roles"
mkfifo "$work/in"; : >"$work/out"
client psql -XAtq -v ON_ERROR_STOP=1 <"$work/in" >"$work/out" 2>"$work/err" & session=$!
exec 3>"$work/in"
echo "begin transaction isolation level repeatable read, read only; set row_security = off; select pg_export_snapshot();" >&3
until [ -s "$work/out" ]; do kill -0 "$session" 2>/dev/null || { cat "$work/err" >&2; exit 1; }; sleep 0.1; done
snapshot=$(head -n 1 "$work/out")
client sh -c 'if command -v ionice >/dev/null; then exec nice -n 10 ionice -c 2 -n 7 "$@"; fi; exec nice -n 10 "$@"' sh \\
  pg_dump -Fc --snapshot="$snapshot" </dev/null >"$out.partial"
printf '%s\\n' "select pg_database_size(current_database());" "$counts" "commit;" >&3
exec 3>&-
wait "$session" || { cat "$work/err" >&2; exit 1; }
session=
client pg_restore --list <"$out.partial" >/dev/null
sed 1,2d "$work/out" >"$out.counts"
sum=$(sha256sum <"$out.partial"); printf '%s  %s\\n' "${sum%% *}" "$(basename "$out")" >"$out.sha256"
(cd "$(dirname "$out")" && sha256sum "$(basename "$out.roles")" "$(basename "$out.database")") >>"$out.sha256"
sync "$out.partial" "$out.sha256" "$out.counts" "$out.roles" "$out.database"
mv "$out.partial" "$out"
echo "backup of $(wc -c <"$out") bytes, $(sed -n 2p "$work/out") database bytes," \\
  "$(awk 'END {print NR}' "$out.counts") tables, $(awk -F '\\t' '{n += $2} END {printf "%.0f", n}' "$out.counts") rows, sha256 ${sum%% *}"
"""
"""Words: path, then the SQL of `catalog`: counts, refusals, roles, properties; and whether all roles are meant, yes or no."""
