"""Hook runner: executes hooks on the machine that runs Shipline."""

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline_defs.config.plain_environment import plain_environment
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.process import LocalRunner
from pipeline_defs.server.core.command import Command, Listener, Result

# The run that waits for the program may be killed: then this shell gets another parent, and ends the program with all that it started.
_WITH_ITS_RUN = """
"$@" & program=$!
(while read -r _ _ _ parent _ </proc/$$/stat && [ "$parent" = "$PPID" ]; do sleep 1; done; kill -s KILL -- -$$) >/dev/null 2>&1 &
watch=$! status=0
wait "$program" || status=$?
kill "$watch" 2>/dev/null || :
exit "$status"
"""


class HookRunner:
    """Executes programs of this machine in an empty folder, each with the variables and secrets of one release.

    Of Shipline's own environment they see what `plain_environment` lists, which counts where the release has the same names.
    """

    def __init__(self, variables: Mapping[str, str | Secret], secrets: Collection[Secret] = ()) -> None:
        """`secrets` are masked in all that the programs say."""
        revealed = {name: value.reveal() if isinstance(value, Secret) else value for name, value in variables.items()}
        self._environment = {**revealed, **plain_environment()}
        self._secrets = secrets

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        """Execute and wait. Raises CommandTimeout after `timeout` seconds."""
        with tempfile.TemporaryDirectory(prefix="shipline-hook-") as folder:
            runner = LocalRunner(Path(folder), self._environment, self._secrets)
            words = ("sh", "-uc", _WITH_ITS_RUN, "hook", *command.argv)
            return runner.run(replace(command, argv=words), timeout=timeout, listen=listen)
