"""Live container: which of several containers of a service is which."""

LIVE = """
of() { docker ps --no-trunc --format '{{.ID}} {{.Names}} {{.Label "shipline.release"}}' --filter "label=com.docker.compose.project=$1" \\
  --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False "${3:---filter=status=running}" |
  awk -v unnamed="${4:-}" '$2 !~ /^leaving-/ && (unnamed == "" || NF == 2) { print $1 }'; }
newest() { of "$1" "$2" | head -n 1; }
live() {
  id=$(of "$1" "$2" "--filter=label=shipline.release=$3" | tail -n 1)
  [ -n "$id" ] || id=$(of "$1" "$2" "--filter=label=shipline.digest=$4" unnamed | tail -n 1)
  printf '%s\\n' "$id"
}
all() { docker ps -aq --no-trunc --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2" \\
  --filter label=com.docker.compose.oneoff=False; }
"""
"""Shell functions that print ids, newest first: `newest project service`, `live project service release digest`, `all project service`.

The live one is that of the release which `current` names; the digest finds containers from before releases were named on
them, and no container of another configuration of the same image.
Of two the older one is meant: the newer has not taken over yet. Once it has, the older one is called `leaving-…`, also where both
are of the same release, and is neither.
"""
