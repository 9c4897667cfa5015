"""Space check: whether the disks hold a backup and a copy, told with the numbers before anything is written."""

ROOM = """
enough() { # bytes of the database, folder of the backup, whether the copy is on this machine
  size=$1 folder=$2 copy=$3 spare=$((64 * 1024 * 1024))
  free() { df -Pk "$1" | awk 'NR==2 {printf "%.0f", $4 * 1024}'; }
  disk() { df -Pk "$1" | awk 'NR==2 {print $1}'; }
  mib() { awk -v bytes="$1" 'BEGIN {printf "%.0f", bytes / 1048576}'; }
  docker=$(docker info -f '{{.DockerRootDir}}' 2>/dev/null) || docker=/var/lib/docker
  [ -d "$docker" ] || docker=/
  dump=$((size + spare)) twice=0
  [ "$copy" = no ] || twice=$((2 * size + spare))
  echo "the database has $size bytes: at most $(mib $dump) MiB for the backup, $(mib $twice) MiB for the copy while it is made"
  if [ "$copy" != no ] && [ "$(disk "$folder")" = "$(disk "$docker")" ]; then dump=$((dump + twice)) twice=0; fi
  for place in "$folder:$dump" "$docker:$twice"; do
    where=${place%:*} need=${place##*:} has=$(free "${place%:*}")
    if [ "$has" -lt "$need" ]; then
      echo "the disk of $where has $(mib "$has") MiB free, and a backup and a copy of the database ($(mib "$size") MiB) need up to" \
        "$(mib "$need") MiB there; free some room and run again" >&2; exit 1; fi
  done
}
"""
"""A shell function: `enough bytes folder yes|no` ends with a sentence where there is too little room.

A dump is at most as large as the database. The copy needs the size of the database, and as much again for the dump inside its
container and for what PostgreSQL writes ahead.
"""
