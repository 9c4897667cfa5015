"""What an environment is at one moment, so that two moments can be compared, and what a rehearsal leaves behind."""

from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site

State = tuple[str, ...]
"""Lines, one for each container, volume, network and file of an environment, and one with the hash of its database."""

# pg_dump reads tables in the order of their names and rows as they lie in the table, so the same data is the same text. Newer
# versions begin and end it with a word made by chance.
_STATE = """
project=$1 root=$2 database=$3 user=$4
label="label=com.docker.compose.project=$project"
docker ps -aq --filter "$label" | xargs -r docker inspect -f \
  'container {{.Name}} {{.Id}} {{.Image}} started {{.State.StartedAt}} {{.State.Status}} restarts {{.RestartCount}}' | sort
docker volume ls -q --filter "$label" | xargs -r docker volume inspect -f \
  'volume {{.Name}} {{.CreatedAt}} {{.Mountpoint}}' | sort
docker network ls -q --filter "$label" | xargs -r docker network inspect -f 'network {{.Name}} {{.Id}} {{.Created}}' | sort
find "$root" ! -type d -printf '%y %p %s %T@ %l\\n' | sort
id=$(docker ps -q --filter "$label" --filter label=com.docker.compose.service=db)
docker exec "$id" pg_dump -U "$user" -d "$database" >/tmp/state.$$
echo "data $(grep -vE '^.(un)?restrict ' /tmp/state.$$ | sha256sum)"; rm -f /tmp/state.$$
"""

_LEFT = """
project=$1 root=$2
for label in com.docker.compose.project shipline.project; do
  docker ps -a --filter "label=$label=$project" --format 'container {{.Names}}'; done
docker volume ls --filter "label=com.docker.compose.project=$project" --format 'volume {{.Name}}'
docker network ls --filter "label=com.docker.compose.project=$project" --format 'network {{.Name}}'
find "$root" -name '*.partial*'
[ ! -e "$root/lock" ] || echo "lock $(cat "$root/lock")"
"""


def state_of(site: Site, server: Connection) -> State:
    """The environment as it is now: containers, volumes, networks, files, and every row of its database."""
    database = site.config.database
    assert database is not None
    asked = server.run(script(_STATE, site.project, site.path(), database.name, database.user), timeout=120)
    assert asked.ok, asked.tail()
    return tuple(asked.stdout.splitlines())


def differences(before: State, after: State) -> list[str]:
    """What is in one of both alone; empty when nothing was touched."""
    gone = [f"gone: {line}" for line in before if line not in after]
    return [*gone, *(f"new: {line}" for line in after if line not in before)]


def left_of(site: Site, server: Connection) -> list[str]:
    """What an ended rehearsal has left of its containers, volumes, networks, unfinished files and its lock."""
    asked = server.run(script(_LEFT, site.project, site.path()), timeout=60)
    assert asked.ok, asked.tail()
    return asked.stdout.splitlines()
