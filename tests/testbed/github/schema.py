"""Checks what is sent against GitHub's published description, so that the stand-in's answers cannot drift from the real ones."""

from __future__ import annotations

import functools
import re
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from tests.testbed.github import description
from tests.testbed.github.rest import Answer, Route

FORMATS = FormatChecker(formats=[])
SEPARATE_ACTIONS = {"pull_request": "pull-request-", "issue_comment": "issue-comment-", "merge_group": "merge-group-"}
"""Events that the description has by their action."""
GONE = re.compile(r"\$(\[\d+\])?(\.pull_request)?\.(user|head\.repo|head\.user)")
"""What GitHub sends as null when the account or the fork was deleted, though the description does not say so."""


@FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)
    )


@FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or not value or bool(re.match(r"[a-z]+:|git@", value))


class Checks:
    """Checks what is sent when that is switched on, and remembers what was wrong."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.errors: list[str] = []
        if enabled:
            description.used()

    def answer(self, route: Route, answer: Answer) -> str | None:
        """What is wrong with an answer, None when nothing is."""
        if not self.enabled or isinstance(answer.body, bytes) or answer.status in (301, 307):
            return None
        known = description.used()["answers"][route.name]
        where = f"{route.name} {answer.status}"
        if str(answer.status) not in known:
            # The description names a few errors of each operation only.
            return None if answer.status >= 400 else self._note(f"{where}: GitHub does not answer with this status")
        if known[str(answer.status)] is None:
            empty = answer.body in (None, {}) or answer.status >= 400
            return None if empty else self._note(f"{where}: GitHub answers without content")
        return self._check(where, ("answers", route.name, str(answer.status)), answer.body)

    def payload(self, event: str, payload: dict[str, Any]) -> str | None:
        """What is wrong with a webhook's payload."""
        if not self.enabled:
            return None
        name = f"{SEPARATE_ACTIONS[event]}{payload['action'].replace('_', '-')}" if event in SEPARATE_ACTIONS else event
        if name not in description.used()["payloads"]:
            return self._note(f"webhook {name}: GitHub sends no such event")
        return self._check(f"webhook {name}", ("payloads", name), payload)

    def _check(self, where: str, path: tuple[str, ...], value: Any) -> str | None:
        found = _validator(path).iter_errors(value)
        error = best_match(one for one in found if one.instance is not None or not GONE.fullmatch(one.json_path))
        return self._note(f"{where}: {_said(error)}") if error else None

    def _note(self, problem: str) -> str:
        self.errors.append(problem)
        return problem


def _said(error: ValidationError) -> str:
    return f"{error.json_path}: {error.message[:300]}"


@functools.cache
def _validator(path: tuple[str, ...]) -> Draft202012Validator:
    """The validator of one schema, made when it is needed first."""
    whole = description.used()
    schema = whole
    for part in path:
        schema = schema[part]
    return Draft202012Validator({**schema, "$defs": whole["$defs"]}, format_checker=FORMATS)
