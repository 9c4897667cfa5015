"""Failure reason: the line that says why a program failed, among all that it said."""

import re

from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.server.core.command import Result

KILLED = 137
"""The exit status of a program that was ended by SIGKILL, as the kernel does it where memory runs out."""

_FURTHER = re.compile(
    r"^(\s|\(Background on this error|\[SQL: |\[parameters: |(LINE \d+|DETAIL|HINT|CONTEXT|QUERY|STATEMENT): |Command was: )"
)
"""Lines that only tell more of an error above them, as SQLAlchemy and psql write them; what is told may be a customer's data."""

_ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Violation): |\b(?:ERROR|FATAL|error|fatal): ")

_NOISE = re.compile(
    r"""^\s*(
      (See|Run|For\ more\ help,?\ run)\ '[\w-]+(\ [\w-]+)*\ --help'.*          # docker's help, after each of its errors
    | time="[^"]*"\ level=(debug|info|warning)\ .*
    | time="[^"]*"\ level=error\ msg="error\ waiting\ for\ container.*         # docker run, after its real error
    | WARN\[\d+\].*
    | (Container|Network|Volume|Image)\ \S+\s+([A-Z][a-z]+)(\ [\d.]+s)?        # Compose's progress
    | Unable\ to\ find\ image\ '[^']*'\ locally
    | pg_\w+:\ (warning|detail|hint|while|from|finished|last\ built-in):?\ .*
    | pg_\w+:\ error:\ (a\ worker\ process\ died\ unexpectedly|query\ was:\ .*|detail:\ .*)
    | (make|gmake)(\[\d+\])?:\ \*\*\*\ .*
    | exit\ status\ \d+
    )$""",
    re.VERBOSE,
)
"""Lines that no failure is explained by: progress, hints, and what follows from an error that was said before."""

_FIRST = re.compile(r"^pg_(restore|dump|dumpall|basebackup): error: ")
"""Programs that go on after an error, so that the first one is the cause of the others."""

_LOGGED = re.compile(r'^time="[^"]*" level=\w+ msg="(?P<said>.*)"$')


_MARK = re.compile(r"\x1e[0-9a-f]{16}[^\n]*")
"""What a chain of commands writes between them (`chain.py`): nothing that a program said."""


def reason(said: str) -> str:
    """The line that names the cause; empty where nothing was said."""
    every = [line for line in _MARK.sub("", said).splitlines() if line.strip()]
    lines = [line for line in every if not _NOISE.match(line)] or every
    first = [line for line in lines if _FIRST.match(line)]
    if first:
        lines = first[:1]
    elif lines and _FURTHER.match(lines[-1]):
        errors = [line for line in lines if _ERROR.search(line) and not _FURTHER.match(line)]
        lines += errors[-1:]
    return _plain(lines[-1].strip()) if lines else ""


def _plain(line: str) -> str:
    """A line without what a program's log puts around it."""
    logged = _LOGGED.match(line)
    return logged["said"].replace('\\"', '"') if logged else line


def why(result: Result, counts: TestCounts | None = None) -> str:
    """Why a step failed, as a phrase: the first of its tests that failed, a full disk, or the cause that it named."""
    if counts and counts.failed:
        first = counts.failed[0]
        bad = counts.failures + counts.errors
        return f"{bad} of {counts.tests} failed, first {first.name}: {first.message.partition(chr(10))[0]}"
    if "No space left on device" in result.stdout + result.stderr:
        return "the server's disk is full; free some room there and run again"
    killed = " (killed; does the machine have enough memory?)" if result.status == KILLED else ""
    return reason(result.stderr) or reason(result.stdout) or f"exit status {result.status}{killed}"
