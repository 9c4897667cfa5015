"""PostgreSQL ready: whether a PostgreSQL in a container takes connections as the app will make them."""

from pipeline_defs.server.core.shell_clock import NOW
from pipeline_defs.server.health.container_health import LAST_WORDS

# While the image's own scripts prepare a new data folder, a temporary server listens on the socket alone. So readiness is asked of the
# network: of the loopback address, or of the container's own where the server listens on that one only.
READY = (
    LAST_WORDS
    + NOW
    + """
limit=$1 end=$(( $(now) + $1 * 1000 ))
listens() { docker exec "$id" sh -c 'pg_isready -q -h 127.0.0.1 || pg_isready -q -h "$(hostname -i | cut -d " " -f 1)"'; }
stopped() {
  docker ps -aq --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service" | head -n 1
}
answers() { said=$(client psql -XAtqc 'select 1' </dev/null 2>&1 >/dev/null); }
said=
until [ -n "$id" ] && listens </dev/null 2>/dev/null && answers; do
  case $said in *FATAL*"does not exist"*) refuse "$id" "$service" "takes connections, but not these: $said" ;; esac
  [ "$(now)" -lt "$end" ] || refuse "$(stopped)" "$service" "takes no connections over the network after $limit s${said:+ ($said)}"
  sleep 0.2; id=$(found "$project" "$service")
done
echo "$service takes connections"
"""
)
"""Waits with the functions of `clients`, for as many seconds as its word says; ends with a sentence after that."""
