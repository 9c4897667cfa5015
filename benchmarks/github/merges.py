"""Merges: many in bursts, while deliveries get lost, doubled and shuffled, the receiver is away, and the daemon is killed."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.github.account import Account, account
from benchmarks.github.app import APP, REPOSITORY
from benchmarks.github.figures import Figures
from benchmarks.github.stack import SECRET, Stack
from benchmarks.parts import Tell
from tests.testbed.github.control_code import Files

METHODS = ("merge", "squash", "rebase")
BRANCHES = ("development", "main")
DROPPED, DOUBLED = 0.3, 0.8
"""Of the deliveries 30 % never come; the others come one to five times, each number as often."""
SHUFFLED_SECONDS = 3.0
STANDSTILL_SECONDS = 240.0
"""When nothing changes for so long, nothing will. A run whose start died with the daemon is given up after 180 s."""


@dataclass(frozen=True)
class Plan:
    """What is done: so many merges in so many bursts, with up to `pause` seconds after each; the receiver is `away` seconds."""

    merges: int = 500
    bursts: int = 100
    pause: float = 3.0
    away: float = 20.0
    kills: int = 2


def measure(stack: Stack, tell: Tell, plan: Plan = Plan(), seed: int = 1) -> Figures:
    """Merge, wait until every head has come to its end, and count those that have no run, and those that have several."""
    stack.github.reset_requests()
    with _deliveries(stack, tell):
        heads = _merge_all(stack, plan, random.Random(seed), tell)
        stack.github.settle(60)
    found = _wait_for_ends(stack, heads)
    for _ in range(2):  # what is late would be doubled now
        stack.looks_again()
    found = account(stack.instance, APP, heads)
    ends = ", ".join(f"{count} {how}" for how, count in sorted(found.ended.items()))
    tell(f"{len(set(heads))} heads: {ends}; {stack.github.requests()['billed']} requests billed")
    for what in ("lost", "open", "doubled"):
        tell(f"{what}: {', '.join(getattr(found, what)) or 'none'}")
    return {"merges": len(heads), "lost": len(found.lost) + len(found.open), "doubled": len(found.doubled)}


@contextmanager
def _deliveries(stack: Stack, tell: Tell) -> Iterator[None]:
    """GitHub delivers, as badly as it can."""
    stack.github.fail_deliveries(drop=DROPPED, duplicate=DOUBLED, delay=SHUFFLED_SECONDS)
    hook = stack.github.create_hook(REPOSITORY, stack.address, SECRET, ["push", "pull_request"])
    try:
        yield
    finally:
        sent = stack.github.world.repo(REPOSITORY).hooks.pop(hook).deliveries
        tell(f"deliveries: {dict(Counter(each.status for each in sent))}")
        stack.github.clear_faults()


def _merge_all(stack: Stack, plan: Plan, chance: random.Random, tell: Tell) -> list[str]:
    """The heads that the merges made, in their order."""
    kills = {plan.merges * (number + 1) // (plan.kills + 1) for number in range(plan.kills)}
    absence = threading.Thread(target=_keep_away, args=(stack, plan.away))
    heads: list[str] = []
    for size in _sizes(plan, chance):
        base = chance.choice(BRANCHES)
        for _ in range(size):
            number = _propose(stack, base, f"1.0.{len(heads) + 1}", chance)
            heads.append(stack.github.merge(REPOSITORY, number, chance.choice(METHODS), by="dora"))
            if len(heads) in kills:
                tell(f"the daemon is killed after {len(heads)} merges: {stack.kill('daemon')}")
        if absence.ident is None and len(heads) > plan.merges // 2:
            tell(f"the receiver is away for {plan.away:.0f} s from {len(heads)} merges on")
            absence.start()
        time.sleep(chance.uniform(0, plan.pause))
    absence.join()
    return heads


def _sizes(plan: Plan, chance: random.Random) -> list[int]:
    """How many merges each burst has; some have one."""
    cuts = [0, *sorted(chance.sample(range(1, plan.merges), plan.bursts - 1)), plan.merges]
    return [after - before for before, after in pairwise(cuts)]


def _propose(stack: Stack, base: str, version: str, chance: random.Random) -> int:
    """A pull request of one to three commits, the last of which raises the version; its number."""
    branch = f"change-{version}"
    for commit in range(chance.randint(0, 2)):
        stack.github.commit(REPOSITORY, {f"{branch}/{commit}.txt": version}, branch, by="dora", at=base)
    files: Files = {"version.txt": f"{version}\n", f"{branch}/version.txt": version}
    stack.github.commit(REPOSITORY, files, branch, by="dora", at=base)
    return stack.github.create_pull(REPOSITORY, branch, base, by="dora")


def _keep_away(stack: Stack, seconds: float) -> None:
    """Kill the receiver each time it is started again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stack.kill("webhooks")
        time.sleep(0.1)


def _wait_for_ends(stack: Stack, heads: list[str]) -> Account:
    """What became of the heads as soon as all have ended, or nothing has changed for long."""
    found, since = account(stack.instance, APP, heads), time.monotonic()
    while not (found.is_closed and not stack.inbox.waiting()) and time.monotonic() - since < STANDSTILL_SECONDS:
        time.sleep(1)
        now = account(stack.instance, APP, heads)
        if now != found:
            found, since = now, time.monotonic()
    return found
