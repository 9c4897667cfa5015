"""Listening ports: whether a container's programs accept TCP connections from outside the container."""

from pipeline_defs.server.core.site import Site

# The kernel's own list tells it for any image, with or without a shell: of the container's process where the server sees it, else from
# inside. Addresses are written in hexadecimal, IPv4 backwards. On the host's network loopback is no hiding place.
ACCEPTS = """
accepts() { # id, port or nothing, usual port: prints open, loopback or closed, and the port; nothing where it cannot be told
  seen=$(docker inspect -f '{{.Id}} {{.State.Pid}} {{.HostConfig.NetworkMode}} {{range $port, $_ := .HostConfig.PortBindings}}{{
    $port}} {{end}}{{range $port, $_ := .Config.ExposedPorts}}exposed:{{$port}} {{end}}' "$1" 2>/dev/null) || return 0
  read -r full pid mode ports <<SEEN
$seen
SEEN
  wanted=$2
  for each in $ports; do case $each in
    "exposed:$3/tcp") [ "$mode" = host ] || wanted="$wanted $3" ;; # on the host's network EXPOSE means nothing
    exposed:*) ;;
    */tcp) wanted="$wanted ${each%/tcp}" ;;
  esac; done
  case $wanted in *[0-9]*) ;; *) return 0 ;; esac
  set -- "$1" "$(printf ':%04X ' $wanted)" "$(printf '%s ' $wanted)" "$mode"
  if grep -q "$full" "/proc/$pid/cgroup" 2>/dev/null; then list=$(cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null) || :
  else list=$(docker exec "$1" cat /proc/net/tcp /proc/net/tcp6 2>/dev/null) || :; fi
  case $list in *local_address*) ;; *) return 0 ;; esac
  printf '%s\\n' "$list" | awk -v hex="$2" -v ports="$3" -v host="$4" '
    BEGIN { split(hex, each, " "); split(ports, number, " "); for (n in each) known[each[n]] = number[n]; said = "closed " number[1] }
    $4 == "0A" {
      split($2, at, ":"); port = known[":" at[2]]
      if (port == "") next
      hidden = at[1] ~ /^......7F$/ || at[1] ~ /^0000000000000000FFFF0000......7F$/ || at[1] == "00000000000000000000000001000000"
      if (!hidden || host == "host") { open = port } else { said = "loopback " port }
    }
    END { print (open == "" ? said : "open " open) }'
}
"""
"""A shell function: `accepts id port usual` looks at a port, at `usual` where the image exposes it, and at all that are published."""


def asked_port(site: Site) -> str:
    """The port that the main service has to accept connections on; empty where the app's file does not say that there is one."""
    config = site.config
    named = (
        "port" in config.model_fields_set
        or config.route
        or any(each.collection and each.base_url is None for each in config.e2e)
    )
    return str(config.port) if named else ""
