"""What `make prove-github` measures, a little of each; of forks tests/integration/test_forks.py has all."""

from collections.abc import Iterator

import pytest

from benchmarks.github import doubled, forged, idle, latency, merges, payloads, poll
from benchmarks.github.account import account
from benchmarks.github.app import APP, REPOSITORY
from benchmarks.github.figures import NAMES
from benchmarks.github.merges import Plan
from benchmarks.github.stack import Stack, running

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """One Shipline for all parts, of which each leaves it idle."""
    with running(payloads.APPS) as stack:
        yield stack


def test_merges_are_neither_lost_nor_doubled(stack: Stack) -> None:
    found = merges.measure(stack, print, Plan(merges=20, bursts=5, pause=2, away=3, kills=1))
    assert found == {"merges": 20, "lost": 0, "doubled": 0}


def test_a_head_without_a_run_would_be_seen(stack: Stack) -> None:
    heads = stack.github.log(REPOSITORY)[:1]
    assert account(stack.instance, APP, heads).is_closed
    assert account(stack.instance, APP, [*heads, "1" * 40]).lost == ["1" * 40]


def test_deliveries_and_polls_are_timed(stack: Stack) -> None:
    timed = latency.measure(stack, print, count=1) | poll.measure(stack, print, count=1)
    assert timed.keys() <= set(NAMES)
    assert all(seconds > 0 for seconds in timed.values())


def test_every_published_payload_is_understood(stack: Stack) -> None:
    found = payloads.measure(stack, print)
    assert found["payloads"] > 700
    assert found["payload_errors"] == 0


def test_no_forgery_is_accepted(stack: Stack) -> None:
    assert forged.measure(stack, print, count=200) == {"forged": 200, "forged_accepted": 0}


def test_an_idle_look_costs_nothing() -> None:
    assert idle.measure(print, count=5) == {"idle_poll_billed_requests": 0}


def test_nothing_is_made_twice_after_502() -> None:
    assert doubled.measure(print, rounds=2) == {"doubled_after_502": 0}
