"""Person run: a command that a person ran by hand in an environment, as the history keeps it. Pure."""

import shlex
from collections.abc import Collection, Sequence

from pipeline_defs.config.masking import Hidden, mask
from pipeline_defs.release.evidence import Record
from pipeline_defs.release.history import Row

EXEC = "exec"
"""The kind of its row in the history."""

BEGUN = "begun"
"""Its outcome where no end was recorded: it goes on, or whoever ran it was lost."""

_LONGEST = 4000


class PersonRun(Record):
    """A command that a person ran in an environment. Nothing of what it said is in it.

    `command` is what was run, as one text, with secrets masked; `running` says that it was run inside the container that serves, and not
    in one of its own. `exit_status` is the command's, None where no end was recorded; `error` says in a sentence why there is none.
    `at` is when it began, ISO 8601 in UTC.
    """

    id: str
    app: str
    environment: str
    host: str
    actor: str
    command: str
    running: bool
    version: str
    digest: str
    commit: str
    at: str
    exit_status: int | None = None
    seconds: float = 0.0
    error: str | None = None

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        if self.exit_status is not None:
            return f"exit status {self.exit_status}"
        return "failed" if self.error else BEGUN


def kept_command(words: Sequence[str], secrets: Collection[Hidden]) -> str:
    """A command as the history keeps it: quoted as for a shell, secrets masked, and of bounded length."""
    hidden = [mask(word.encode(errors="replace").decode(), secrets) for word in words]
    text = mask(shlex.join(hidden), secrets)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def row_of(run: PersonRun) -> Row:
    """Its line of the history."""
    return Row(
        id=run.id,
        at=run.at,
        app=run.app,
        environment=run.environment,
        kind=EXEC,
        outcome=run.outcome,
        version=run.version,
        digest=run.digest,
        commit=run.commit,
        run="",
        seconds=run.seconds,
        actor=run.actor,
        error=run.error,
        host=run.host,
        command=run.command,
        exit_status=run.exit_status,
    )
