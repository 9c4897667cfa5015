"""Payloads: whatever GitHub sends is understood, and starts nothing that is not there."""

import json
from collections import Counter

import requests
from dagster import RunsFilter

from benchmarks.github.app import APP
from benchmarks.github.examples import examples
from benchmarks.github.figures import Figures
from benchmarks.github.stack import ONE_APP, Stack, wait_for
from benchmarks.parts import Tell

APPS = {**ONE_APP, "hello": "Codertocat/Hello-World"}
"""Beside an app of which no example speaks the one of which most do: what these say is looked at, and is not so."""
SECONDS = 120.0
ACCEPTED = 202


def measure(stack: Stack, tell: Tell) -> Figures:
    """Deliver every example; errors are answers but 202, none at all, deliveries never done with, and runs that were started."""
    before = set(stack.instance.get_run_ids(RunsFilter()))
    answers = Counter(_answer(stack, event, json.dumps(payload).encode()) for event, payload in examples())
    wait_for(lambda: not stack.inbox.waiting(), SECONDS, "not all payloads are done with")
    for _ in (APP, "hello"):
        stack.looks_again()
    # GitHub itself says that nothing has happened in either repository, so there is nothing to run.
    started = set(stack.instance.get_run_ids(RunsFilter())) - before
    tell(f"answers to the examples: {dict(answers)}; runs started: {len(started)}")
    return {"payloads": answers.total(), "payload_errors": answers.total() - answers[ACCEPTED] + len(started)}


def _answer(stack: Stack, event: str, body: bytes) -> int:
    """The status of an answer, 0 where there was none."""
    try:
        return stack.post(body, event)
    except requests.RequestException:
        return 0
