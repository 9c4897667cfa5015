"""Shell clock: seconds that pass on a server, for programs of ours there, whatever its clock is set to meanwhile."""

NOW = """
now() { read -r up _ </proc/uptime; echo "${up%.*}${up#*.}0"; }
"""
"""A shell function: `now` says how many milliseconds the server has been up, to the nearest ten. Deadlines are compared with it."""

ALIVE = """
alive() {
  read -r boot </proc/sys/kernel/random/boot_id; read -r up _ </proc/uptime
  echo "$boot ${up%.*}" 2>/dev/null >"$1" || :
}
silent() {
  age=$(($(date +%s) - $(stat -c %Y "$1"))); read -r boot </proc/sys/kernel/random/boot_id; read -r up _ </proc/uptime
  read -r of at 2>/dev/null <"$1" || of=
  case $at in ''|*[!0-9]*) of= ;; esac
  [ "$of" != "$boot" ] || [ "${up%.*}" -lt "$at" ] || age=$((${up%.*} - at))
  echo "$age"
}
"""
"""Shell functions: `alive file` leaves a sign of life, `silent file` says how many seconds ago. By the server's clock only where the
server has started since, or where the file holds something else.
"""
