"""Rehearsals: pull requests of all kinds over two apps, at the same time; then they are merged, or closed."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice

from benchmarks.github.stack import wait_for
from benchmarks.pulls.figures import Figures
from benchmarks.pulls.ground import APPS, SECONDS, Ground
from benchmarks.pulls.proposal import MERGES, STANDS, Kind, Proposal, propose
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.change import Change, Trigger, run_id

_EVERY = 1.0
_STANDSTILL_SECONDS = 240.0
"""When nothing runs for so long, nothing follows: GitHub is looked at once a minute."""
_COUNTED = ("lost", "previews", "merge_reused", "wrongly_reused", "preview_leftovers")


def measure(ground: Ground) -> Figures:
    """Open them, as many as the variable PULLS says, in rounds with one of each kind; and count what became of them."""
    wanted = int(os.environ.get("PULLS") or 30)
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    made: list[Proposal] = []
    for number, size in enumerate(_rounds(wanted)):
        made += _round(ground, number, size, counts)
    counts["pulls"] = len(made)
    counts["heads"] = sum(len(each.heads) for each in made)
    counts["rehearsed"] = sum(len(each.rehearsed(ground)) for each in made)
    counts["superseded"] = sum(each.superseded(ground) for each in made)
    counts["untrusted_rehearsed"] = sum(each.untrusted(ground) for each in made)
    return dict(counts)


def _rounds(wanted: int) -> Iterator[int]:
    while wanted > 0:
        yield min(wanted, len(Kind))
        wanted -= len(Kind)


def _round(ground: Ground, number: int, size: int, counts: Counter[str]) -> list[Proposal]:
    """So many pull requests, each of another kind; the two apps change places from round to round."""
    apps = islice(cycle(APPS), number, None)
    made = [
        propose(ground, kind, app, f"{number}-{place}")
        for place, (kind, app) in enumerate(zip(list(Kind)[:size], apps, strict=False))
    ]
    began = time.monotonic()
    _settle(ground, made)
    ground.tell(f"round {number + 1}: {size} pull requests have settled after {time.monotonic() - began:.0f} s")
    for each in made:
        if why := each.wrong(ground):
            counts["lost"] += 1
            ground.tell(f"{each}: {why}")
        counts["previews"] += each.shown(ground)
    for kind in MERGES:
        for each in (proposal for proposal in made if proposal.kind is kind):
            _merge(ground, each, counts)
    for each in made:
        if each.kind not in (*MERGES, Kind.CLOSED):
            ground.stack.github.close(each.repository, each.number, by="dora")
    for app in APPS:
        ground.rest(app)
    counts["production_touched"] += ground.touched()
    left = ground.settle_leftovers()
    counts["preview_leftovers"] += len(left)
    ground.tell(f"round {number + 1} is over; left on the server: {', '.join(left) or 'nothing'}")
    return made


def _settle(ground: Ground, made: list[Proposal]) -> None:
    """Until nothing more comes of any of them by itself, or nothing has run for long."""
    end = time.monotonic() + SECONDS
    busy = time.monotonic()
    while time.monotonic() < min(end, busy + _STANDSTILL_SECONDS):
        for each in made:
            each.act(ground)
        if all(each.settled(ground) for each in made):
            return
        if any(ground.unfinished(app) for app in APPS):
            busy = time.monotonic()
        time.sleep(_EVERY)


def _merge(ground: Ground, proposal: Proposal, counts: Counter[str]) -> None:
    """Merge it, once it can be, and see whether its rehearsal stands for that of the merge."""
    github = ground.stack.github
    if proposal.kind is Kind.CONFLICT:
        _mend(ground, proposal)
    commit = github.merge(proposal.repository, proposal.number, by="dora")
    change = Change(app=proposal.app, trigger=Trigger.MERGE, commit=commit, branch="development")
    made_by = run_id(change.key)
    wait_for(lambda: ground.stack.instance.get_run_by_id(made_by), SECONDS, f"nobody noticed the merge of {proposal}")
    ground.rest(proposal.app)
    runs = {run.run_id for run in ground.runs(proposal.app, **{"dagster/run_key": made_by})}
    rows = [row for row in Lineage(ground.stack.instance).rehearsals(ground.apps[proposal.app]) if row.run in runs]
    if not rows:
        counts["lost"] += 1
        ground.tell(f"{proposal}: its merge was not rehearsed")
        return
    stands = bool(rows[0].reused)
    counts["merge_reused"] += stands
    counts["wrongly_reused"] += stands and proposal.kind not in STANDS
    ground.tell(f"{proposal}: its merge {rows[0].outcome}{', ' * stands}{'rehearsed before' * stands}")


def _mend(ground: Ground, proposal: Proposal) -> None:
    """Bring a pull request that conflicts up to date, and wait for the rehearsal of its new head."""
    github, repository = ground.stack.github, proposal.repository
    if github.pull(repository, proposal.number)["mergeable"] is not False:
        ground.tell(f"{proposal}: GitHub says that it can be merged")
    shared = github.read(repository, "shared.txt", "development")
    github.commit(repository, {"shared.txt": shared}, proposal.branch, by="dora")
    proposal.heads.append(github.merge_branch(repository, "development", into=proposal.branch, by="dora"))
    _settle(ground, [proposal])
