"""Story: years of merges, rehearsals, deployments, failures and rollbacks of several apps, and the truth about them."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from benchmarks.lineage.place import Place
from benchmarks.lineage.truth import Merge, Truth
from pipeline_defs.release.evidence import LintCounts, TestCounts
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal, Release

Fact = Image | Rehearsal | Deployment
Dated = tuple[datetime, int, Fact]
"""A record, when it was written, and a number that keeps those of one moment in order."""

STAGING, PRODUCTION, EUROPE = "staging", "production", "eu"
YEARS = 3


def app_names(count: int) -> list[str]:
    """The names of the generated apps."""
    return [f"app{number:02}" for number in range(count)]


def tell(truth: Truth, apps: int, deployments: int, now: datetime, seed: int = 1) -> Iterator[Dated]:
    """The records of so many deployments, as they would have been written, until shortly before `now`; `truth` is filled meanwhile."""
    each = deployments // apps
    stories = [_story(truth, app, each, now, Random(f"{seed} {app}")) for app in app_names(apps)]
    yield from heapq.merge(*stories, key=lambda dated: dated[0])
    _close(truth)


def _story(truth: Truth, app: str, deployments: int, now: datetime, dice: Random) -> Iterator[Dated]:
    """One app's history. A merge in ten raises the number alone: the image is the same one under another version."""
    production, europe = (Place(app, name, truth, dice) for name in (PRODUCTION, EUROPE))
    told = truth.deployments.setdefault(app, [])
    now = now.replace(microsecond=0)  # records know whole seconds
    step = timedelta(seconds=365 * YEARS * 86400 // deployments)
    at = now - timedelta(days=365 * YEARS)
    number, pull, built, merges = 0, 0, ("", ""), list[Merge]()
    while len(told) < deployments and at + step < now - timedelta(hours=1):
        number, pull = number + 1, pull + dice.randrange(1, 3)
        commit, issue = f"{dice.getrandbits(160):040x}", pull + 100_000
        if not built[0] or dice.random() > 0.1:
            built = (f"sha256:{dice.getrandbits(256):064x}", commit)
        merges.append(Merge(commit, pull, issue))
        version = f"{1 + number // 500}.{number // 10 % 50}.{number % 10}"
        release = Release(
            app=app, version=version, repository=f"registry.example.org/team/{app}", digest=built[0], commit=commit,
            configuration=f"{dice.getrandbits(256):064x}",
        )  # fmt: skip
        facts: list[tuple[datetime, Fact]] = [(at, _image(release, built[1], pull, issue, _run(dice), at))]
        rehearsed = at + timedelta(minutes=5)
        facts += [(rehearsed, each) for each in _rehearsal(truth, release, rehearsed, _run(dice), dice)]
        deployed = at + timedelta(minutes=15)
        facts += [(deployed, each) for each in production.deploy(release, deployed, _run(dice), merges)]
        if dice.random() < 0.2:
            later = at + timedelta(minutes=25)
            facts += [(later, each) for each in europe.deploy(release, later, _run(dice), merges)]
        if dice.random() < 0.04:
            back = at + timedelta(minutes=40)
            facts += [(back, each) for each in production.take_back(back, _run(dice))]
        yield from ((moment, place, fact) for place, (moment, fact) in enumerate(facts))
        at += step


def _image(release: Release, built_from: str, pull: int, issue: int, run: str, at: datetime) -> Image:
    return Image(
        app=release.app, repository=release.repository, digest=release.digest, version=release.version, commit=release.commit,
        branch="development", tree=release.configuration, built_from=built_from, pull=pull, issue=issue,
        tags=(f"{release.version}_dev", "staging_dev", release.version, "staging"), lint=LintCounts(command="flake8"),
        tests=TestCounts(tests=200, seconds=12.5), run=run, at=at.isoformat(timespec="seconds"),
    )  # fmt: skip


def _rehearsal(truth: Truth, release: Release, at: datetime, run: str, dice: Random) -> list[Rehearsal]:
    id_ = f"{at:%Y%m%dT%H%M%SZ-%f}{dice.randrange(65536):04x}"
    truth.rehearsals.setdefault(release.digest, []).append(id_)
    begun = Rehearsal(
        id=id_,
        release=release,
        environment=STAGING,
        outcome=Outcome.STARTED,
        started=at.isoformat(timespec="seconds"),
        run=run,
    )
    how = Outcome.SUCCEEDED if dice.random() < 0.97 else Outcome.FAILED
    return [begun, begun.model_copy(update={"outcome": how, "seconds": 95.5, "revision": "0003"})]


def _run(dice: Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


def _close(truth: Truth) -> None:
    """Say which deployments' releases run at the end, and which held-back one nothing has overtaken."""
    for told in truth.deployments.values():
        for environment in (PRODUCTION, EUROPE):
            there = [each for each in told if each.environment == environment]
            live = next((each for each in reversed(there) if each.outcome == "succeeded"), None)
            if live:
                live.live = True
            deploys = [each for each in there if each.kind == "deploy"]
            if deploys and deploys[-1].outcome == "frozen":
                deploys[-1].error = "waits for the freeze to end at Monday 08:00"
