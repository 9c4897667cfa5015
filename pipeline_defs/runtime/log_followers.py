"""Log followers: the programs by which Dagster shows on the terminal what a step prints, kept from the secrets of this process.

Each step has four of them for as long as it lasts: two `tail`, and what ends these when the process dies. Dagster starts them in this
process's own environment, where any other program of the same user could read it in `/proc`.
"""

import subprocess
from types import SimpleNamespace
from typing import Any

from dagster._core.execution import compute_logs

from pipeline_defs.config.plain_environment import plain_environment


def start_without_secrets() -> None:
    """From now on they get an environment without secrets. A test fails when Dagster starts them in another way."""
    compute_logs.subprocess = SimpleNamespace(Popen=_popen)  # type: ignore[assignment, attr-defined]


def _popen(*words: Any, **options: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(*words, **{**options, "env": plain_environment()})
