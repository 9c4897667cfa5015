"""Faulty: a real server on which one step goes wrong, once."""

from dataclasses import dataclass, field, replace

from pipeline_defs.server.core.command import Command, Listener, Result, Runner
from tests.support.moments import Moments

EARLY, LATE, KILLED = "early", "late", "killed"
"""How a step goes wrong: it fails instead of being done, or after it was done; or the run is killed as it begins."""


class Killed(BaseException):
    """Stands for SIGKILL: after it nothing is done any more, not even undone."""


@dataclass
class Faulty:
    """The real server, on which one step goes wrong. `steps` are the names of all that were sent there."""

    server: Runner
    step: str
    how: str
    failed: bool = False
    steps: list[str] = field(default_factory=list)
    _moments: Moments = field(init=False)

    def __post_init__(self) -> None:
        self._moments = Moments(self.server, self._at)

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """As the server does it."""
        if self.how == KILLED and self.failed:
            raise Killed
        return self._moments.run(self._broken(command), timeout=timeout, listen=listen)

    def _at(self, moment: str) -> None:
        if self.how == KILLED and moment == f"begin {self.step}" and not self.failed:
            self.failed = True
            raise Killed

    def _broken(self, command: Command) -> Command:
        """The command with a failing link, where it is a chain that has the step. Links are those of `server/core/chain.py`."""
        argv = command.argv
        if argv[:2] != ("sh", "-euc") or not argv[4].startswith("\x1e"):
            return command
        changed, rest = list(argv[:5]), list(argv[5:])
        while rest:
            verb, name, size, file, count = rest[:5]
            words, rest = rest[5 : 5 + int(count)], rest[5 + int(count) :]
            if verb != "start" and not name.startswith(("note in the ", "ask ", "lock", "unlock", "fence")):
                self.steps.append(name)
            if name == self.step and verb in ("do", "start") and not self.failed and self.how != KILLED:
                self.failed = True
                does = '"$@"; ' if self.how == LATE else "cat >/dev/null; "
                words = ["sh", "-c", f'{does}echo "it does not work today" >&2; exit 1', "sh", *words]
            changed += [verb, name, size, file, str(len(words)), *words]
        return replace(command, argv=tuple(changed))
