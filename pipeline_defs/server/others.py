"""Others: what the app needs beside its own services, such as its database: up and migrated before the release gets a request."""

import shlex
from dataclasses import replace

from pipeline_defs.server import steps
from pipeline_defs.server.bundle import SETTINGS
from pipeline_defs.server.command import Command, script
from pipeline_defs.server.compose import compose_words
from pipeline_defs.server.facts import Facts
from pipeline_defs.server.site import Site
from pipeline_defs.server.step import LONG_SECONDS, Step

_COMPOSE = """
settings=$1 program=$2 project=$3; shift 3
set -a; . "$settings"; set +a
compose() { eval "$program \\"\\$@\\""; }
"""
"""Begins a program that calls Compose more than once: `compose words…`. The program's words come quoted, as one."""

# What runs as it is described has the description's hash on it: asking for both is quicker than having Compose look.
_OTHERS_UP = """
described=$(compose config --hash '*')
runs=$(docker ps --filter "label=com.docker.compose.project=$project" --filter label=com.docker.compose.oneoff=False \\
  --format '{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.config-hash"}}')
others= differ=
while read -r name hash; do
  for service; do [ "$name" != "$service" ] || continue 2; done
  others="$others $name"
  printf '%s\\n' "$runs" | grep -qxF "$name $hash" || differ="$differ $name"
done <<DESCRIBED
$described
DESCRIBED
[ -z "$differ" ] || compose up -d --no-build $others
echo "beside the app:${others:- nothing}"
"""


def up(site: Site, facts: Facts, folder: str) -> list[Step]:
    """They run as the release in `folder` describes them, and the database answers."""
    started = with_compose(site, facts, folder, _OTHERS_UP, *site.services, says="what the app needs is up")
    return [Step("others up", started, timeout=LONG_SECONDS), *steps.wait_for_database(site)]


def migrated(site: Site, facts: Facts, folder: str) -> list[Step]:
    """The database is migrated, while what ran until now still serves: from here on a failure needs a way back.

    What its revision is was asked beside its backup, where there was anything to back up.
    """
    before = [] if steps.has_data(site, facts) else steps.ask_revision_before(site, facts, folder)
    return [*before, *(replace(step, changes=True) for step in steps.migrate(site, facts, folder))]


def with_compose(site: Site, facts: Facts, folder: str, text: str, *words: str, says: str) -> Command:
    """A program of ours that calls `compose words…` for the release in `folder`, more than once; it finds `$project`."""
    program = shlex.join(compose_words(site, facts.compose, folder))
    return script(_COMPOSE + text, f"{folder}/{SETTINGS}", program, site.project, *words, says=says)
