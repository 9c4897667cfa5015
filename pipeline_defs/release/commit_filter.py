"""Commit filter: which commits an app answers: not those that ask to be skipped, nor those that change nothing of its own.

Source of the words: https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
"""

import re
from collections.abc import Collection, Iterable

_SKIP = re.compile(r"\[(skip ci|ci skip|no ci|skip actions|actions skip)\]", re.IGNORECASE)


def asks_to_skip(message: str) -> bool:
    """True for a commit whose message says, as for other CI systems, that nothing is to be started by it."""
    return _SKIP.search(message) is not None


def concerns(paths: Collection[str], files: Iterable[str]) -> bool:
    """True where one of the changed files is one of the app's own.

    `paths` are patterns as in a .dockerignore file: a folder stands for all that is in it, the last one that matches counts, and one
    that begins with `!` takes files out. Without any every file counts.
    """
    if not paths:
        return True
    from docker.utils.build import PatternMatcher  # slow to import, and needed by few

    own = PatternMatcher(list(paths))
    return any(own.matches(file) for file in files)  # type: ignore[arg-type]  # it takes text; the stubs know a path alone
