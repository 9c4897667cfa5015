"""Command: one program call as data, built without a connection, rendered in one place."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.secret import Secret

_LONGEST_SHOWN = 160


@dataclass(frozen=True)
class Command:
    """A program call, here or on a server.

    Attributes:
        argv: program and arguments. Text from outside is one word here, never part of a shell's text. Secrets are refused.
        stdin: what it reads: bytes, text, a secret, or nothing.
        environment: variables it gets besides those it inherits; on a server they are visible to its users, so no secrets.
        says: what a person is shown instead of the words, for scripts that would say little.
        divider: begins a further part of what it says; how much is kept of its output is bounded for each part. Empty: it is one.
    """

    argv: tuple[str, ...]
    stdin: bytes | str | Secret | None = field(default=None, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict)
    says: str | None = None
    divider: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        words = (*self.argv, *self.environment, *self.environment.values())
        if not self.argv or not all(isinstance(word, str) and "\0" not in word for word in words):
            raise TypeError(
                "a command is made of texts without NUL; a secret goes through standard input or a 0600 file"
            )

    def rendered(self) -> str:
        """The text for the server's shell, each word quoted."""
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        return shlex.join(["env", *settings, *self.argv] if settings else self.argv)

    def shown(self) -> str:
        """The text for people: what it says, else its words, long ones shortened. Secrets are never in it."""
        if self.says:
            return self.says
        return shlex.join(word if len(word) <= _LONGEST_SHOWN else f"{word[:_LONGEST_SHOWN]}…" for word in self.argv)

    def input_bytes(self) -> bytes:
        """Standard input as bytes, empty for nothing."""
        if isinstance(self.stdin, Secret):
            return self.stdin.reveal().encode()
        return self.stdin.encode() if isinstance(self.stdin, str) else self.stdin or b""


def command(
    *argv: str, stdin: bytes | str | Secret | None = None, says: str | None = None, **environment: str
) -> Command:
    """A command from its words: `command("docker", "pull", reference)`."""
    return Command(argv, stdin=stdin, environment=environment, says=says)


def script(text: str, *arguments: str, stdin: bytes | str | Secret | None = None, says: str | None = None) -> Command:
    """A constant POSIX shell program of ours with its arguments as `$1`, `$2`, …; nothing is ever pasted into its text."""
    return Command(("sh", "-euc", text, "shipline", *arguments), stdin=stdin, says=says)


def both(first: Command, second: Command) -> Command:
    """Two commands as one: the second, which takes no standard input, is executed where the first succeeds."""
    words = (first.rendered(), second.rendered())
    return script('eval "$1" && eval "$2" </dev/null', *words, stdin=first.stdin, says=first.shown())


@dataclass(frozen=True)
class Result:
    """What a command gave: exit status, both streams as text (undecodable bytes replaced) and seconds."""

    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        """True when the exit status is 0."""
        return self.status == 0

    def tail(self, lines: int = 15) -> str:
        """The last lines of what it said, errors last, without empty ones."""
        said = [*self.stdout.splitlines(), *self.stderr.splitlines()]
        return "\n".join([line for line in said if line.strip()][-lines:])


Listener = Callable[[str], None]
"""Gets each line of output as it comes, without its line break."""


class Runner(Protocol):
    """Whatever executes commands: this machine, or a server over SSH."""

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """Execute and wait. A non-zero exit status is a result, not an error.

        Args:
            timeout: seconds after which the command is stopped.
            listen: gets each line of both streams as it comes.

        Raises:
            CommandTimeout: it took longer than `timeout`.
            Unreachable: the place where it should run cannot be reached, or was lost.
        """
        ...


class ServerError(ShiplineError):
    """Something on a server or with its connection failed; the message is one sentence a person can act on."""


class CommandTimeout(ServerError):
    """A command took longer than it may."""


class Unreachable(ServerError):
    """The server cannot be reached, refuses the login, shows another host key, or was lost while a command ran."""
