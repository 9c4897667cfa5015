"""The person at the command line: who asks, and why."""

import getpass
import platform

from pipeline_defs.cli.cli_output import UsageError


def actor() -> str:
    """Who asks: user@machine."""
    return f"{getpass.getuser()}@{platform.node()}"


def given_reason(reason: str, what: str) -> str:
    """The reason for something that is not done without one, on one line. Raises UsageError when there is none."""
    words = " ".join(reason.split())
    if not words:
        raise UsageError(f"{what} needs a reason, which is kept in the history: --reason 'the registry was down'")
    return words
