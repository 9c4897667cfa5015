"""Lock: one procedure at a time on a site, kept on the server and owned by a run."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from pipeline_defs.server.core.chain import Chain, Link
from pipeline_defs.server.core.command import Command, Result, Runner, ServerError, script
from pipeline_defs.server.core.failure_reason import why
from pipeline_defs.server.core.journal import TEMPORARY, Notes, marks
from pipeline_defs.server.core.person_mark import NOT_PERSONS
from pipeline_defs.server.core.shell_clock import ALIVE
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.task import Task

WAIT_SECONDS = 1800
BEAT_SECONDS = 10.0
DEAD_SECONDS = 45
"""Without a sign of life for so long an owner is taken for dead: by what has passed on the server alone, whatever its clock says."""
_POLL_SECONDS = 2
_HELD = 75  # EX_TEMPFAIL of sysexits.h

# Nobody else may write to what is made here, whatever the user's own umask is.
# flock makes looking and writing one act; the kernel frees it when the shell ends, however it ends. The token only grows: also
# when its file is lost, since it is at least the time. Temporary files that stay, as those that a test's container wrote as another
# user, keep nobody from anything.
_TAKE = (
    ALIVE
    + """
umask g-w,o-w
mkdir -p "$(dirname "$1")"
exec 9>>"$1.guard"; flock 9
last=$(cat "$1.token" 2>/dev/null || echo 0)
if [ -e "$1" ] && [ "$(cat "$1")" = "$2" ]; then printf '%s\n' "$last"; exit 0; fi
if [ -e "$1" ] && [ "$(cat "$1")" != "$3" ]; then
  beat=$1.beat; [ -e "$beat" ] || beat=$1
  silent "$beat"; cat "$1"; exit "$4"
fi
now=$(date +%s); case $last in ''|*[!0-9]*) last=0 ;; esac
[ "$now" -gt "$last" ] || now=$((last + 1))
put() { printf '%s\n' "$2" >"$1.new"; sync "$1.new"; mv -f "$1.new" "$1"; }
[ -n "$3" ] || rm -rf "$5" || :
mkdir -p "$5"; chmod 700 "$5"
put "$1.token" "$now"; put "$1" "$2"; alive "$1.beat"
printf '%s\n' "$now"
"""
)
_GIVE = """
exec 9>>"$1.guard"; flock 9
[ -e "$1" ] && [ "$(cat "$1")" = "$2" ] || exit 0
rm -rf "$3" || :
rm -f "$1" "$1.beat"
"""
_BEAT = ALIVE + '[ "$(cat "$1.token")" != "$2" ] || [ ! -e "$1.beat" ] || alive "$1.beat"'

# What a killed run left running here would act beside its successor: programs by their marks, until none is left that could have
# started another one, and one-off containers by their label, except those of people's own commands. Their temporary files, among
# which a log-in may be, go as well. A container that was to be removed at its end may be on its way out: that is waited for.
_FENCE = """
gone() { for n in 1 2 3 4 5 6 7 8 9; do docker inspect -f . "$1" >/dev/null 2>&1 || return 0; sleep 1; done; return 1; }
others() {
  for file in $(grep -lszFx -e "SHIPLINE_SITE=$1" /proc/[0-9]*/environ || :); do
    grep -qszFx -e "SHIPLINE_TASK=$2" "$file" || { pid=${file#/proc/}; echo "${pid%/environ}"; }
  done
}
for n in 1 2 3 4 5 6 7 8 9; do
  found=$(others "$1" "$2"); [ -n "$found" ] || break
  kill -s KILL $found 2>/dev/null || :
done
project=$3 not_persons=$5
label=label=com.docker.compose
for id in $(docker ps -a --filter "$label.project=$project" --filter "$label.oneoff=True" --format "$not_persons" 2>/dev/null); do
  docker rm -f "$id" || gone "$id"; done
rm -rf "$4" || :
mkdir -p "$4"; chmod 700 "$4"
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
    """Take the lock if it is free or held by exactly the line `dead`; prints the fencing token.

    Where another one holds it, it fails, with the seconds since the holder's last sign of life in the first line and the holder's
    own line in the second.
    """
    words = (site.path("lock"), owner.line(), dead, str(_HELD), site.path(TEMPORARY))
    return script(_TAKE, *words, says=f"lock {site.path()}")


def fence(site: Site, task: Task) -> Command:
    """End what other tasks of this site still run on the server. Only for the lock's holder: whoever ran them is dead."""
    words = (site.path(), task.id, site.project, site.path(TEMPORARY), NOT_PERSONS)
    return script(_FENCE, *words, says=f"end what an earlier run left running in {site.path()}")


def beat(site: Site, token: str) -> Command:
    """A sign of life of whoever holds the lock by this token."""
    return script(_BEAT, site.path("lock"), token, says="a sign of life")


def give_back(site: Site, owner: Owner) -> Command:
    """Give the lock back if it is still this owner's."""
    return script(_GIVE, site.path("lock"), owner.line(), site.path(TEMPORARY), says=f"unlock {site.path()}")


@dataclass(frozen=True)
class Held:
    """A lock that is held: its fencing token, and what the server answered to what was asked as soon as it was."""

    token: str
    answers: tuple[Result, ...]


@contextmanager
def locked(
    site: Site, task: Task, server: Runner, notes: Notes, *ask: Command, wait: float = WAIT_SECONDS
) -> Iterator[Held]:
    """Hold the site's lock, and ask these in the same round trip. What `notes` hold at the end is written as it is given back.

    A live owner is waited for, a dead one's lock is taken over with a line that says so: dead is whose run has ended, and who
    gave no sign of life for DEAD_SECONDS, which also those do of whom nothing is known here. Raises ServerError when a live
    owner does not finish within `wait` seconds.
    """
    owner = Owner(
        run=task.run, task=task.id, since=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), actor=task.actor
    )
    held = _wait_for(site, task, server, owner, ask, wait)
    with _beating(site, server, held.token):
        try:
            yield held
        finally:
            links = [*notes.links(site, task), Link("unlock", give_back(site, owner))]
            try:
                server.run(Chain(links, marks(site, task)).command, timeout=60)
            except (
                ServerError
            ) as error:  # must not hide what happened under the lock; an ended run's lock is taken over
                task.say(f"the lock could not be given back, which the next run makes good: {error}")


@contextmanager
def _beating(site: Site, server: Runner, token: str) -> Iterator[None]:
    end = threading.Event()

    def beat_on() -> None:
        while not end.wait(BEAT_SECONDS):
            with suppress(ServerError):
                server.run(beat(site, token), timeout=BEAT_SECONDS)

    heart = threading.Thread(target=beat_on, name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    finally:
        end.set()
        heart.join(BEAT_SECONDS)


def _wait_for(site: Site, task: Task, server: Runner, owner: Owner, ask: tuple[Command, ...], wait: float) -> Held:
    end = time.monotonic() + wait
    dead, told = "", ""
    while True:
        fences = [Link("fence", fence(site, task))] if dead else []
        asked = [Link(f"ask {number}", each) for number, each in enumerate(ask, 1)]
        chain = Chain([Link("lock", take(site, owner, dead)), *fences, *asked], marks(site, task))
        result = server.run(chain.command, timeout=120)
        parts = chain.parts(result)
        if not parts or parts[0].result.status not in (0, _HELD):
            raise ServerError(
                f"{site}: the lock {site.path('lock')} cannot be written: {why(parts[0].result if parts else result)}"
            )
        if parts[0].result.ok:
            if len(parts) < len(chain.links):  # one failed, so the rest was not begun
                raise ServerError(f"{site}: {parts[-1].link.command.shown()}: {why(parts[-1].result)}")
            return Held(parts[0].result.stdout.strip(), tuple(part.result for part in parts[1 + len(fences) :]))
        age, _, line = parts[0].result.stdout.partition("\n")
        holder = line.rstrip("\n")
        if dead and holder == dead:
            raise ServerError(f"{site}: the lock {site.path('lock')} is damaged; remove that file, then run again")
        other = Owner.read(holder)
        death = _dead(task, other, int(age))
        if death:
            task.say(
                f"the lock was held by run {other.run[:8] or '?'} since {other.since or '?'}, which {death}: taken over"
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


def _dead(task: Task, other: Owner, silent_seconds: int) -> str | None:
    """Why the lock's holder is dead, None where it is alive."""
    if not other.run or other.run == task.run or task.alive(other.run) is False:
        return "has ended"
    if silent_seconds >= DEAD_SECONDS:
        return f"gave no sign of life for {silent_seconds} s"
    return None
