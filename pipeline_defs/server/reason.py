"""Reason: the line that says why a program failed, among those it said last."""

import re

from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.server.command import Result

_FURTHER = re.compile(
    r"^(\s|\(Background on this error|\[SQL: |\[parameters: |(LINE \d+|DETAIL|HINT|CONTEXT|QUERY|STATEMENT): )"
)
"""Lines that only tell more of an error above them, as SQLAlchemy and psql write them; what is told may be a customer's data."""

_ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Violation): |\b(?:ERROR|FATAL|error|fatal): ")


def reason(said: str) -> str:
    """The last line, or the error it belongs to; empty where nothing was said."""
    lines = [line for line in said.splitlines() if line.strip()]
    if lines and _FURTHER.match(lines[-1]):
        errors = [line for line in lines if _ERROR.search(line) and not _FURTHER.match(line)]
        lines += errors[-1:]
    return lines[-1].strip() if lines else ""


def why(result: Result, counts: TestCounts | None = None) -> str:
    """Why a step failed, as a phrase: the first of its tests that failed, a full disk, or what it said last."""
    if counts and counts.failed:
        first = counts.failed[0]
        bad = counts.failures + counts.errors
        return f"{bad} of {counts.tests} failed, first {first.name}: {first.message.partition(chr(10))[0]}"
    if "No space left on device" in result.stdout + result.stderr:
        return "the server's disk is full; free some room there and run again"
    return reason(result.stderr) or reason(result.stdout) or f"exit status {result.status}"
