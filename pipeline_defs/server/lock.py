"""Lock: one procedure at a time on a site, kept on the server and owned by a run."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from pipeline_defs.server.command import Command, Runner, ServerError, script
from pipeline_defs.server.site import Site
from pipeline_defs.server.task import Task

WAIT_SECONDS = 1800
_POLL_SECONDS = 2

# flock makes looking and writing one act; the kernel frees it when the shell ends, however it ends.
_TAKE = """
mkdir -p "$(dirname "$1")"
exec 9>>"$1.guard"; flock 9
if [ -e "$1" ] && [ "$(cat "$1")" != "$3" ]; then cat "$1"; exit 0; fi
printf '%s\\n' "$2" >"$1.new"; sync "$1.new"; mv -f "$1.new" "$1"; cat "$1"
"""
_GIVE = """
exec 9>>"$1.guard"; flock 9
[ ! -e "$1" ] || [ "$(cat "$1")" != "$2" ] || rm -f "$1"
"""

# What a killed run left running here would act beside its successor: programs by their marks, one-off containers by their label.
_FENCE = """
for file in $(grep -lszFx -e "SHIPLINE_SITE=$1" /proc/[0-9]*/environ || :); do
  grep -qszFx -e "SHIPLINE_TASK=$2" "$file" && continue
  pid=${file#/proc/}; kill -s KILL "${pid%/environ}" 2>/dev/null || :
done
project=$3
label=label=com.docker.compose
for id in $(docker ps -aq --filter "$label.project=$project" --filter "$label.oneoff=True" 2>/dev/null); do
  docker rm -f "$id"; done
"""


@dataclass(frozen=True)
class Owner:
    """Who holds a lock: the run, the task, since when (UTC), and on whose behalf."""

    run: str
    task: str
    since: str
    actor: str

    def line(self) -> str:
        """As it stands in the lock's file."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def read(cls, line: str) -> "Owner":
        """From the lock's file; a damaged one belongs to nobody alive."""
        try:
            return cls(**{name: str(value) for name, value in json.loads(line).items()})
        except (ValueError, TypeError, AttributeError):
            return cls(run="", task="", since="", actor="")


def take(site: Site, owner: Owner, dead: str = "") -> Command:
    """Take the lock if it is free or held by exactly the line `dead`; prints who holds it afterwards."""
    return script(_TAKE, site.path("lock"), owner.line(), dead, says=f"lock {site.path()}")


def fence(site: Site, task: Task) -> Command:
    """End what other tasks of this site still run on the server. Only for the lock's holder: whoever ran them is dead."""
    words = (site.path(), task.id, site.project)
    return script(_FENCE, *words, says=f"end what an earlier run left running in {site.path()}")


def give_back(site: Site, owner: Owner) -> Command:
    """Give the lock back if it is still this owner's."""
    return script(_GIVE, site.path("lock"), owner.line(), says=f"unlock {site.path()}")


@contextmanager
def locked(site: Site, task: Task, server: Runner, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the site's lock. A live owner is waited for, a dead one's lock is taken over with a line that says so.

    Raises ServerError when a live owner does not finish within `wait` seconds.
    """
    owner = Owner(
        run=task.run, task=task.id, since=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), actor=task.actor
    )
    _wait_for(site, task, server, owner, wait)
    try:
        yield
    finally:
        try:
            server.run(give_back(site, owner), timeout=30)
        except ServerError as error:  # must not hide what happened under the lock; an ended run's lock is taken over
            task.say(f"the lock could not be given back, which the next run makes good: {error}")


def _wait_for(site: Site, task: Task, server: Runner, owner: Owner, wait: float) -> None:
    end = time.monotonic() + wait
    dead, told = "", ""
    while True:
        result = server.run(take(site, owner, dead), timeout=30)
        holder = result.stdout.rstrip("\n")
        if not result.ok:
            raise ServerError(f"{site}: the lock {site.path('lock')} cannot be written: {result.tail(1)}")
        if holder == owner.line():
            if dead:
                server.run(fence(site, task), timeout=60)
            return
        if dead and holder == dead:
            raise ServerError(f"{site}: the lock {site.path('lock')} is damaged; remove that file, then run again")
        other = Owner.read(holder)
        if other.run == task.run or not task.alive(other.run):
            task.say(
                f"the lock was held by run {other.run[:8] or '?'} since {other.since or '?'}, which has ended: taken over"
            )
            dead = holder
            continue
        if told != holder:
            task.say(f"waiting for run {other.run[:8]} ({other.actor}), which has held the lock since {other.since}")
            told = holder
        if time.monotonic() > end:
            raise ServerError(
                f"{site}: run {other.run[:8]} has held the lock since {other.since}; end that run, then run again"
            )
        time.sleep(_POLL_SECONDS)
