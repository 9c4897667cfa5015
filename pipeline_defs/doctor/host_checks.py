"""A server, or a builder: is it the right one, does it let us in, and has it what deployments or builds need?"""

import time
from collections.abc import Iterator, Sequence

from pipeline_defs.config.machine import Machine
from pipeline_defs.doctor.finding import Finding, Level, broken, good, warning
from pipeline_defs.resources.host_keys import described, offered_keys, shows, trusted
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import Result, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.state.facts import LEAST_FREE_BYTES

LOW_BYTES = 2 * 2**30
"""Below this a few images and backups fill the disk."""

SKEW_SECONDS, WRONG_SECONDS = 5.0, 300.0
"""A clock that is off by more is a warning; by still more, certificates and the logs in of registries are refused."""

OLDEST_ENGINE = (20, 10)
"""The oldest Engine that Shipline was tried with."""

_PROGRAMS = "awk flock tar sha256sum mktemp readlink df"

_LOOK = (
    """
echo "now $(date -u +%s.%N)"
if engine=$(docker version -f '{{.Server.Version}}' 2>&1); then echo "engine $engine"
else echo "no_engine $(printf '%s\\n' "$engine" | tail -n 1)"; fi
if compose=$(docker compose version --short 2>/dev/null); then echo "compose $compose"
elif compose=$(docker-compose version --short 2>/dev/null); then echo "compose $compose"; fi
for program in """
    + _PROGRAMS
    + """; do command -v "$program" >/dev/null || echo "lacks $program"; done
root=$(docker info -f '{{.DockerRootDir}}' 2>/dev/null || :)
for folder in "$root" "$@"; do
  [ -n "$folder" ] || continue
  there=$folder; while [ ! -e "$there" ]; do there=$(dirname "$there"); done
  for file in "$there" "$folder"/*; do
    [ -w "$file" ] || [ ! -e "$file" ] || [ "$folder" = "$root" ] || { echo "closed $folder"; break; }
  done
  df -Pk "$there" | awk -v folder="$folder" 'NR==2 {print "disk " $4 " " folder}'
done
"""
)


def server(host: Machine, folders: Sequence[str], *, builds: bool = False) -> Iterator[Finding]:
    """Look at a server; `folders` are the directories that the apps' environments have there. Ends where it cannot go on.

    One that only `builds` needs an Engine and room on its disk.
    """
    about = str(host)
    try:
        key = _host_key(host)
        yield key
        if key.level is Level.BROKEN:
            return
        connection = Connection(host)
        try:
            connection.open()
            yield good(about, "SSH", f"{host.user} is let in")
            sent = time.time()
            result = connection.run(script(_LOOK, *folders, says="a look at the server"), timeout=60)
            here = (sent + time.time()) / 2
        finally:
            connection.close()
    except ServerError as error:
        yield broken(about, "SSH", error, "check its address, port and user")
        return
    yield from findings(about, host.user, result, here, builds=builds)


def findings(about: str, user: str, result: Result, here: float, *, builds: bool = False) -> Iterator[Finding]:
    """What the server said of itself. `here` is this machine's clock in the middle of the look, in seconds since 1970."""
    said = [line.partition(" ")[::2] for line in result.stdout.splitlines()]
    facts = dict(said)
    if not result.ok or "now" not in facts:
        yield broken(about, "look", f"the server could not be looked at ({why(result)}); is its shell a POSIX shell?")
        return
    yield _engine(about, user, facts)
    if not builds:
        yield _compose(about, facts)
    lacking = [program for key, program in said if key == "lacks"]
    if lacking and not builds:
        yield broken(about, "programs", f"{', '.join(lacking)} is missing; install coreutils, util-linux, awk and tar")
    for folder in (folder for key, folder in said if key == "closed"):
        yield broken(
            about,
            "folder",
            f"{user} may not write to {folder}; make it there, and give it to {user} with all that is in it (chown -R)",
        )
    yield from (_disk(about, *text.split(" ", 1)) for key, text in said if key == "disk")
    yield _clock(about, float(facts["now"]) - here)


def _host_key(host: Machine) -> Finding:
    known = trusted(host)
    if known and shows(host, known):
        return good(str(host), "host key", f"{', '.join(map(described, known))} is the trusted one")
    remedy = f"compare it with the server itself, then: shipline trust-host {host}"
    keys = ", ".join(map(described, offered_keys(host)))
    if known:
        says = f"it shows {keys}, and {', '.join(map(described, known))} is trusted: somebody may stand in between"
        return Finding(str(host), "host key", Level.BROKEN, says, f"if the server was made anew, {remedy} --replace")
    return Finding(str(host), "host key", Level.BROKEN, f"{keys} is not trusted yet", remedy)


def _engine(about: str, user: str, facts: dict[str, str]) -> Finding:
    what, engine = "Docker Engine", facts.get("engine")
    if engine is None:
        why = facts.get("no_engine") or "it said nothing"
        let_in = f"let {user} use it, as root there: usermod -aG docker {user}"
        remedy = let_in if "permission denied" in why else f"install and start it, and let {user} use it"
        return Finding(about, what, Level.BROKEN, f"it does not answer ({why})", remedy)
    if _numbers(engine) < OLDEST_ENGINE:
        return warning(about, what, f"{engine} is older than any that was tried", "install 20.10 or a newer one")
    return good(about, what, engine)


def _compose(about: str, facts: dict[str, str]) -> Finding:
    compose = facts.get("compose")
    if compose is None:
        return broken(about, "Compose", "Docker Compose is missing; install the package docker-compose-plugin")
    if _numbers(compose) < (2,):
        return warning(
            about, "Compose", f"{compose} is no longer maintained", "install the package docker-compose-plugin"
        )
    return good(about, "Compose", compose)


def _numbers(version: str) -> tuple[int, ...]:
    """The first two numbers of a version, however it is written."""
    parts = version.lstrip("v").split(".")[:2]
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


def _disk(about: str, kib: str, folder: str) -> Finding:
    free = int(kib) * 1024
    says = f"{free / 2**30:.1f} GiB free for {folder}"
    if free < LEAST_FREE_BYTES:
        return broken(about, "disk", f"{says}, where nothing is begun; remove images there: docker image prune -a")
    if free < LOW_BYTES:
        return warning(about, "disk", says, "remove images there: docker image prune -a; or give it more room")
    return good(about, "disk", says)


def _clock(about: str, skew: float) -> Finding:
    says = f"{abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    remedy = "let both machines keep their time: timedatectl set-ntp true"
    if abs(skew) > WRONG_SECONDS:
        return Finding(about, "clock", Level.BROKEN, says, remedy)
    return warning(about, "clock", says, remedy) if abs(skew) > SKEW_SECONDS else good(about, "clock", says)
