"""Place: one environment of a generated app while its history goes on. It keeps what runs there and who is harmed, step by step,
where Shipline's own measures look back on the records."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from benchmarks.lineage.truth import Delivered, Merge, Told, Truth
from pipeline_defs.release.deployed_changes import DeployedChanges
from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release

_TESTS = 40


@dataclass
class Runs:
    """A release that runs, the delivery that brought it, since when it runs, and how many merges it has."""

    release: Release
    delivered: Delivered
    since: datetime
    merges: int


@dataclass
class Place:
    """One environment; `good` are the releases that came to run and were not taken back, the one that runs at the end."""

    app: str
    name: str
    truth: Truth
    dice: Random
    good: list[Runs] = field(default_factory=list)
    harmed: list[Delivered] = field(default_factory=list)

    def deploy(self, release: Release, at: datetime, run: str, merges: Sequence[Merge]) -> list[Deployment]:
        """One deployment of all that was merged, of which anything may come; the records that are written of it, in their order."""
        pull, issue = merges[-1].pull, merges[-1].issue
        chance = self.dice.random()
        commits = tuple(
            at - timedelta(seconds=self.dice.randrange(600, 500_000)) for _ in range(self.dice.randrange(1, 6))
        )
        told = self._told(release, at, run, "deploy", pull, issue)
        begun = self._record(told, release, self.good[-1].release if self.good else None)
        had = self.good[-1].merges if self.good else len(merges) - 1
        told.brought = list(reversed(merges[had:]))
        begun = begun.model_copy(
            update={
                "committed": tuple(each.isoformat() for each in commits),
                "brought": DeployedChanges(
                    commits=tuple(each.commit for each in told.brought),
                    pulls=tuple(each.pull for each in told.brought),
                    issues=tuple(each.issue for each in told.brought),
                ),
            }
        )
        took = round(self.dice.uniform(20, 300), 1)
        end = at + timedelta(seconds=took)
        if chance < 0.85:
            self._ends(told, "succeeded", took)
            self._restored(end)
            found = Delivered(end, shipped=True, leads=tuple((end - each).total_seconds() for each in commits))
            self._delivered(found)
            self.good.append(Runs(release, found, end, len(merges)))
            return [begun, self._end(begun, told, Outcome.SUCCEEDED)]
        if chance < 0.90:
            self._ends(told, "failed", took, "the image cannot be pulled")
            return [begun, self._end(begun, told, Outcome.FAILED)]
        if chance < 0.96:
            return [begun, *self._broken(begun, told, end, run, rolled_back=chance < 0.94 and bool(self.good))]
        if chance < 0.98:
            told.outcome, told.error, told.backup, told.tests = (
                "frozen",
                "a freeze held it back; what came after it counts",
                None,
                None,
            )
            until = {"frozen_until": end.isoformat(), "error": "waits for the freeze to end at Monday 08:00"}
            return [begun.model_copy(update={"outcome": Outcome.FROZEN, **until})]
        told.outcome, told.error, told.backup, told.tests = (
            "failed (interrupted)",
            "its run ended without saying how",
            None,
            None,
        )
        return [begun]

    def take_back(self, at: datetime, run: str) -> list[Deployment]:
        """A person goes back to what ran before; nothing where nothing did."""
        if len(self.good) < 2:
            return []
        gone = self.good.pop()
        target = self.good[-1]
        told = self._told(target.release, at, run, "rollback", 0, 0)
        told.previous_version = gone.release.version
        begun = self._record(told, target.release, gone.release)
        took = round(self.dice.uniform(5, 60), 1)
        end = at + timedelta(seconds=took)
        self._ends(told, "succeeded", took)
        self._restored(end)
        if gone.delivered.broken is None:
            gone.delivered.broken, gone.delivered.restored = gone.since, end
        self.good[-1] = replace(target, since=end)
        return [begun, self._end(begun, told, Outcome.SUCCEEDED)]

    def _broken(self, begun: Deployment, told: Told, end: datetime, run: str, *, rolled_back: bool) -> list[Deployment]:
        """It failed after something was changed; what ran before may be brought back by the same run."""
        started = datetime.fromisoformat(told.at)
        took = round((end - started).total_seconds(), 1)
        self._ends(told, "rolled back" if rolled_back else "failed", took, "2 of 40 tests failed")
        harm = Delivered(end, shipped=False, broken=started)
        self._delivered(harm)
        self.harmed.append(harm)
        outcome = Outcome.ROLLED_BACK if rolled_back else Outcome.FAILED
        failed = self._end(begun, told, outcome).model_copy(update={"failed_after_change": True})
        if not rolled_back:
            return [failed]
        end = end.replace(microsecond=0)
        back = self._told(self.good[-1].release, end, run, "rollback", 0, 0)
        back.previous_version, back.because_of, back.reason = told.version, told.id, "the deployment failed"
        began = self._record(back, self.good[-1].release, begun.release).model_copy(update={"because_of": told.id})
        took = round(self.dice.uniform(5, 60), 1)
        self._ends(back, "succeeded", took)
        self._restored(end + timedelta(seconds=took))
        # What runs again does so from now on, should a person take it back later.
        self.good[-1] = replace(self.good[-1], since=end + timedelta(seconds=took))
        return [failed, self._end(began, back, Outcome.SUCCEEDED)]

    def _told(self, release: Release, at: datetime, run: str, kind: str, pull: int, issue: int) -> Told:
        actor = self.dice.choice(("ada@desk", "grace@desk", f"{self.app}_branches"))
        told = Told(
            id=f"{at:%Y%m%dT%H%M%SZ-%f}{self.dice.randrange(65536):04x}", at=at.isoformat(timespec="seconds"), app=self.app,
            environment=self.name, kind=kind, version=release.version, digest=release.digest, commit=release.commit, run=run,
            actor=actor, reason=self.dice.choice(("", "the spring release", "as asked for")), configuration=release.configuration,
            previous_version=self.good[-1].release.version if self.good else None, pull=pull, issue=issue,
        )  # fmt: skip
        self.truth.deployments.setdefault(self.app, []).append(told)
        return told

    def _record(self, told: Told, release: Release, previous: Release | None) -> Deployment:
        return Deployment(
            id=told.id, kind=DeploymentKind(told.kind), release=release, environment=self.name, outcome=Outcome.STARTED,
            started=told.at, run=told.run, actor=told.actor, reason=told.reason, previous=previous,
        )  # fmt: skip

    def _ends(self, told: Told, outcome: str, seconds: float, error: str | None = None) -> None:
        told.outcome, told.seconds, told.error, told.tests = outcome, seconds, error, _TESTS
        told.backup = f"backups/{told.id}.dump"

    def _end(self, begun: Deployment, told: Told, outcome: Outcome) -> Deployment:
        counts = TestCounts(tests=_TESTS, seconds=3.5, failures=2 if told.error and "tests" in told.error else 0)
        return begun.model_copy(
            update={
                "outcome": outcome, "seconds": told.seconds, "error": told.error, "tests": counts, "backup": told.backup,
                "reason": told.reason,
            }
        )  # fmt: skip

    def _delivered(self, found: Delivered) -> None:
        self.truth.delivered.setdefault((self.app, self.name), []).append(found)

    def _restored(self, at: datetime) -> None:
        for each in self.harmed:
            each.restored = at
        self.harmed.clear()
