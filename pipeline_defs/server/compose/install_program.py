"""Install program: the program that puts a release's folder on a server, and finds the data that an older Shipline left in releases."""

from pipeline_defs.server.compose.merged_file import FORGET_MERGED_FILE

# What Shipline writes into a release's folder is as old as the epoch; whatever is newer somebody else has written.
WRITTEN = """
written() { [ ! -L "$1" ] && [ -e "$1" ] && [ -n "$(find "$1" ! -type d ! -type l ! -name 'shipline.*' -mtime -18250 2>&1 | head -n 1)" ]; }
"""
"""A shell function: `written path` is true when somebody else than Shipline has written there, or nobody may look."""

# A folder of data has once been in each release's own folder. It is moved, which a container that has it does not notice, and
# stays reachable from where it was.
_KEEP_DATA = """
keep() {
  to=$kept/$1 old=$(readlink -f "$root/current" 2>/dev/null || :) others=
  if [ -e "$to" ]; then
    [ -z "$old" ] || [ -e "$old/shipline.compose" ] || [ -e "$old/$1" ] || [ -L "$old/$1" ] || [ ! -d "$(dirname "$old/$1")" ] ||
      ln -s "$to" "$old/$1"
    return 0
  fi
  [ -z "$theirs" ] || [ -d "$kept" ] || { echo "data_folder $kept is not on this server" >&2; exit 1; }
  mkdir -p "$(dirname "$to")"
  if [ -z "$apart$theirs" ]; then
    for each in "$root"/releases/*; do
      [ "$(readlink -f "$each")" != "$old" ] && written "$each/$1" && others="$others $each/$1"
    done
    if [ -n "$old" ] && written "$old/$1"; then
      for other in $others; do
        ! mounts "$other" || { echo "$other is what runs, and $old/$1 is what current names: move the one to keep to $to" >&2; exit 1; }
      done
      mv "$old/$1" "$to" || { echo "$old/$1 cannot be moved; run: sudo mv $old/$1 $to && sudo ln -s $to $old/$1" >&2; exit 1; }
      ln -s "$to" "$old/$1"; echo "the data in $old/$1 is kept in $to"; return 0
    fi
    [ -z "$others" ] || { echo "the app's data in $1 is in folders of older releases:$others; move the one to keep to $to" >&2; exit 1; }
  fi
  (umask 022; mkdir -p "$to")
}
mounts() {
  docker ps -q --filter "label=com.docker.compose.project=$project" |
    xargs -r docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' |
    { while IFS= read -r source; do [ ! "$source" -ef "$1" ] || exit 0; done; exit 1; }
}
"""

# A folder that is there already is of the same release, so at most the values of its secrets are new. It may be serving:
# each file is replaced by a rename, which is whole at any moment.
INSTALL = (
    WRITTEN
    + _KEEP_DATA
    + """
folder=$1 root=$2 project=$3 frozen=$4 apart=$5 kept=$6 theirs=$7 secrets=$8 places=$9; shift 9
data=$1; shift
umask 077
"""
    + FORGET_MERGED_FILE
    + """
new=$folder.partial
rm -rf "$new"; mkdir -p "$new"
tar -x -p -C "$new" -f -
[ ! -f "$new/$data" ] || while IFS= read -r path; do keep "$path"; done <"$new/$data"
for kind in files read; do
  mkdir -p "$root/$kind"
  for each in "$new/$places/$kind"/*; do
    [ ! -e "$each" ] || [ -e "$root/$kind/${each##*/}" ] || mv "$each" "$root/$kind/"; done; done
rm -rf "$new/$places"
if [ "$frozen" ] && [ ! -d "$folder" ]; then echo "the settings that it had are gone: it gets those of today"; fi
replace() { mkdir -p "$(dirname "$folder/$1")"; mv -f "$new/$1" "$folder/$1"; }
if [ "$frozen" ] && [ -d "$folder" ]; then
  if [ ! -e "$new/shipline.compose" ] && [ ! -e "$folder/shipline.compose" ] && written "$folder"; then
    echo "git did not say which paths of this release are data, and $folder holds some of an older time; run again" >&2; exit 1; fi
  for name; do [ ! -f "$new/$name" ] || replace "$name"; done
  rm -rf "$new"; echo "it keeps the settings that it had, with the secrets of today"; exit 0; fi
rm -f "$new/$secrets"
[ -d "$folder" ] || { mv "$new" "$folder"; exit 0; }
cd "$new"
find . -type f | while IFS= read -r file; do replace "$file"; done
rm -rf "$new" "$folder/$secrets"
"""
)
