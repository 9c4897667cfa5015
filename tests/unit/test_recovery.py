"""Recovery: whatever fails, and however often, what follows by itself ends, and the lineage says rightly how it stands."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.release.history import INTERRUPTED, Row, fold, rows, trouble
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome, Release
from pipeline_defs.release.recovery import (
    MOST,
    RECOVERS,
    answered_by,
    decide,
    given_up,
    is_open,
    recovery_tags,
    way_back_failed,
)

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC)

DIES_EARLY, DIES, FAILS, UNPROVED, WORKS = "dies before it writes a word", "dies", "fails", "fails its tests", "works"
WAYS_BACK = st.sampled_from([DIES_EARLY, DIES, FAILS, UNPROVED, WORKS])
DEPLOYS = st.sampled_from([WORKS, "refused", "killed", "killed after the switch", "fails unchanged", "fails"])


def release(version: str) -> Release:
    return Release(app="shop", version=version, repository="r/shop", digest=f"sha256:{version}", commit=version * 40)


@dataclass
class Shipline:
    """Deployments and rollbacks as the stages write them, with chance in the place of the server. The rules are Shipline's own."""

    chance: st.DataObject
    events: list[Deployment] = field(default_factory=list)
    current: Release | None = None  # what the server's link names
    serves: bool | None = True  # whether that is known to serve; None: nobody knows
    unproved: bool = False
    runs: int = 0
    ids: int = 0

    def record(self, kind: DeploymentKind, what: Release, run: str, because_of: str | None = None) -> Deployment:
        self.ids += 1
        started = "2026-05-04T12:00:00+00:00"
        return Deployment(
            id=f"{self.ids:04}", kind=kind, release=what, environment="production", outcome=Outcome.STARTED,
            started=started, previous=self.current, run=run, because_of=because_of,
        )  # fmt: skip

    def new_run(self) -> str:
        self.runs += 1
        return f"run-{self.runs}"

    def deploy(self, what: Release) -> int:
        """A deployment, with all that follows it by itself; how many runs that were."""
        run = self.new_run()
        how = self.chance.draw(DEPLOYS)
        if how == "refused":
            return self.follow(run, {})
        row = self.record(DeploymentKind.DEPLOY, what, run)
        self.events.append(row)
        if how == WORKS:
            self.current, self.serves, self.unproved = what, True, False
            self.events.append(row.model_copy(update={"outcome": Outcome.SUCCEEDED}))
            return 0
        if how == "fails unchanged":
            self.events.append(row.model_copy(update={"outcome": Outcome.FAILED, "error": "no room"}))
            return self.follow(run, {})
        self.serves = None
        if how == "killed after the switch":
            self.current = what
        if how == "fails":
            self.go_back(
                row.model_copy(update={"error": "the tests failed", "failed_after_change": True}), run, within=True
            )
        return self.follow(run, {})

    def go_back(self, failed: Deployment, run: str, *, within: bool) -> None:
        """What the stage `rollback` does for a deployment that failed; it writes as the stage does."""
        how = self.chance.draw(WAYS_BACK)
        if how == DIES_EARLY:
            return
        row = self.record(DeploymentKind.ROLLBACK, self.current, run, failed.id) if self.current else None
        if row is not None:
            self.events.append(row)
        if how == DIES:
            return
        if how == FAILS:
            ended = row.model_copy(update={"outcome": Outcome.FAILED, "error": "unhealthy"}) if row else None
            self.events += way_back_failed(failed, ended, within=within, serves=False, why="unhealthy", seconds=1.0)
            return
        self.unproved = how == UNPROVED and row is not None
        self.serves = True
        said = "e2e: 1 of 3 failed" if self.unproved else None
        self.events.append(answered_by(failed, self.current, said, 1.0))
        if row is not None:
            self.events.append(row.model_copy(update={"outcome": Outcome.SUCCEEDED, "unproved": said}))

    def follow(self, run: str, tags: dict[str, str]) -> int:
        """What the recovery sensor starts after a run that ended badly, and after what it started; how many runs that were."""
        started = 0
        while (decision := decide(run, tags, fold(self.events))) is not None:
            assert started <= MOST
            if not decision.attempt:
                self.events.append(given_up(decision.deployment, "both died", 1.0))
                break
            started += 1
            run, tags = self.new_run(), recovery_tags(decision)
            failed = next(each for each in fold(self.events) if each.id == tags[RECOVERS])
            assert is_open(failed)
            self.go_back(failed, run, within=False)
        assert decide(run, tags, fold(self.events)) is None, "the same run's end, told twice, starts nothing more"
        return started

    @property
    def rows(self) -> list[Row]:
        return rows(fold(self.events), alive=set(), now=NOW)


@settings(max_examples=150)
@given(st.data(), st.integers(1, 5))
def test_what_follows_a_failure_ends_and_the_lineage_says_how_it_stands(data: st.DataObject, deployments: int) -> None:
    shipline = Shipline(data)
    for number in range(1, deployments + 1):
        assert shipline.deploy(release(f"{number}.0.0")) <= 2
        known, said = shipline.rows, trouble(shipline.rows)
        begun = [row for row in known if row.kind == "deploy"]
        assert len({row.commit for row in begun}) == len(begun), "one deployment for each that was asked for"
        assert not any(row.outcome == INTERRUPTED and row.kind == "deploy" for row in known), (
            "each deployment has an end"
        )
        live = next((row.version for row in known if row.live), None)
        if shipline.serves is None:
            assert said and said.startswith("needs a person"), "nobody knows what serves, and a person is told"
        elif shipline.current:
            assert live == shipline.current.version
            assert (said is None) or shipline.unproved, said
            assert not shipline.unproved or (said and "fails its own tests" in said)


def test_a_way_back_that_fails_its_own_tests_is_told_and_not_acted_on_again() -> None:
    run, old, new = "run-1", release("1.0.0"), release("1.1.0")
    began = Deployment(
        id="2", kind=DeploymentKind.DEPLOY, release=new, environment="production", outcome=Outcome.STARTED,
        started="2026-05-04T12:00:00+00:00", previous=old, run=run, error="e2e: 1 of 3 failed",
    )  # fmt: skip
    ended = answered_by(began, old, "e2e: 1 of 3 failed", 3.0)
    assert ended.outcome is Outcome.ROLLED_BACK
    assert (ended.error or "").endswith("1.0.0 serves again, and fails its own tests: e2e: 1 of 3 failed")
    assert decide(run, {}, [ended]) is None


def test_a_recovery_that_fails_closes_the_deployment_and_needs_a_person() -> None:
    failed = Deployment(
        id="2", kind=DeploymentKind.DEPLOY, release=release("1.1.0"), environment="production", outcome=Outcome.STARTED,
        started="2026-05-04T12:00:00+00:00", run="run-1",
    )  # fmt: skip
    decision = decide("run-1", {}, [failed])
    assert decision is not None and decision.attempt == 1
    tags = recovery_tags(decision)
    (closed,) = way_back_failed(failed, None, within=False, serves=False, why="unhealthy", seconds=1.0)
    assert (closed.outcome, closed.needs_person) == (Outcome.FAILED, True)
    assert decide("run-2", tags, [closed]) is None
    assert is_open(closed), "a person may go on from there"
