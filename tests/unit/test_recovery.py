"""Recovery: whatever fails, and however often, what follows by itself ends, and the lineage says rightly how it stands."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_defs.config import App
from pipeline_defs.deployments.admission import ask, ask_again
from pipeline_defs.release.admission_rules import HostFacts, Requester
from pipeline_defs.release.history import INTERRUPTED, Row, fold, rows, trouble, waiting
from pipeline_defs.release.quarantine import Quarantined, quarantine
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
from tests.unit.sample import example, with_environment

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SENSOR, PERSON = "sensor shop_branches", "a person"
OPEN = with_environment(example(), "production", require_rehearsal=False, wait_for_rehearsal=False)
FROZEN = with_environment(OPEN, "production", freeze=["2020-01-01 00:00 .. 2099-12-31 24:00 UTC"])

DIES_EARLY, DIES, FAILS, UNPROVED, WORKS = "dies before it writes a word", "dies", "fails", "fails its tests", "works"
WAYS_BACK = st.sampled_from([DIES_EARLY, DIES, FAILS, UNPROVED, WORKS])
DEPLOYS = st.sampled_from([WORKS, "dies early", "killed", "killed after the switch", "fails unchanged", "fails"])
RETURNS = st.sampled_from([WORKS, "fails unchanged", "fails and stays", "fails", "killed", "killed after the switch"])
ACTS = st.sampled_from(
    ["a merge", "the sensor again", "a person deploys", "a person goes back", "a look", "the freeze ends"]
)


def release(version: str, configuration: str = "") -> Release:
    return Release(
        app="shop", version=version, repository=OPEN.image, digest=f"sha256:{version}", commit=version * 40,
        configuration=configuration,
    )  # fmt: skip


def key(what: Release | Row) -> tuple[str, str]:
    return (what.commit, what.configuration)


@dataclass
class Shipline:
    """What the stages and sensors write, with chance in the place of the server. All that is decided, Shipline's own rules decide.

    `ended` are runs that ended badly and that the recovery sensor has not looked at yet, with their tags.
    """

    chance: st.DataObject
    events: list[Deployment] = field(default_factory=list)
    current: Release | None = None  # what the server's link names
    serves: bool | None = True  # whether that is known to serve; None: nobody knows
    unproved: bool = False
    head: int = 1
    configuration: str = "a"
    by_itself: dict[str, bool] = field(default_factory=dict)  # whether nobody in person asked for a run
    ids: int = 0
    ended: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)  # how often a person asked for what
    followed: Counter[str] = field(default_factory=Counter)  # runs that started by themselves, by what they answer

    @property
    def rows(self) -> list[Row]:
        return rows(fold(self.events), alive=set(), now=self.now)

    @property
    def now(self) -> datetime:
        return START + timedelta(minutes=self.ids + 1)

    @property
    def newest(self) -> Release:
        return release(f"{self.head}.0.0", self.configuration)

    def record(
        self, kind: DeploymentKind, what: Release, run: str, actor: str, because_of: str | None = None
    ) -> Deployment:
        self.ids += 1
        return Deployment(
            id=f"{self.ids:04}", kind=kind, release=what, environment="production", outcome=Outcome.STARTED, actor=actor,
            started=(START + timedelta(minutes=self.ids)).isoformat(), seconds=1.0, previous=self.current, run=run,
            because_of=because_of,
        )  # fmt: skip

    def new_run(self, actor: str) -> str:
        run = f"run-{len(self.by_itself) + 1}"
        self.by_itself[run] = actor == SENSOR
        return run

    def act(self) -> None:
        """One thing that happens."""
        what = self.chance.draw(ACTS)
        if what == "a merge":
            self.head += 1
        if what in ("a merge", "the sensor again"):
            self.ask(self.newest, SENSOR)
        elif what == "a person deploys":
            self.configuration = self.chance.draw(st.sampled_from(["a", "b"]))
            self.ask(release(f"{self.chance.draw(st.integers(1, self.head))}.0.0", self.configuration), PERSON)
        elif what == "a person goes back":
            self.ask_back()
        elif what == "the freeze ends":
            self.thaw()
        elif self.ended:
            self.look()

    def environment(self, app: App, environment: str) -> list[Row]:
        """The lineage of the environment; no rehearsal is kept."""
        return self.rows if environment == "production" else []

    def quarantine(self, app: App, environment: str) -> list[Quarantined]:
        return quarantine(self.events)

    def rehearsing(self, app: App, digest: str) -> str | None:
        return None

    def asked_by_itself(self, run_id: str) -> bool:
        return self.by_itself[run_id]

    def ask(self, what: Release, actor: str) -> None:
        """A request for a deployment, as the gate takes it."""
        self.asked[key(what)] += actor == PERSON
        who, run = Requester(automatic=actor == SENSOR, asked=self.now), self.new_run(actor)
        told = ask(self.chance.draw(st.sampled_from([OPEN, OPEN, FROZEN])), "production", what, self, who)
        if told.refusals:
            self.ended.append((run, {}))
        elif told.waits_until:
            held = self.record(DeploymentKind.DEPLOY, what, run, actor)
            until = told.waits_until.until
            self.events.append(held.model_copy(update={"outcome": told.waits_until.outcome, "frozen_until": until}))
        elif not told.done:
            again = ask_again(OPEN, "production", what, self, who)([HostFacts("root@a", self.current)])
            self.deploy(what, actor, run, refused=bool(again.refusals))

    def thaw(self) -> None:
        """A freeze has ended: what it has held back last is asked for, if nothing has overtaken it."""
        row = waiting(self.rows)
        if row is not None and row.run not in self.followed:
            self.followed[row.run] += 1
            self.ask(release(row.version, row.configuration), SENSOR)

    def deploy(self, what: Release, actor: str, run: str, *, refused: bool) -> None:
        """A run that deploys, or is refused by its server."""
        how = self.chance.draw(DEPLOYS)
        if how == "dies early":
            self.ended.append((run, {}))
            return
        row = self.record(DeploymentKind.DEPLOY, what, run, actor)
        self.events.append(row)
        if refused:
            how = "fails unchanged"
        if how == WORKS:
            self.current, self.serves, self.unproved = what, True, False
            self.events.append(row.model_copy(update={"outcome": Outcome.SUCCEEDED}))
            return
        if how == "fails unchanged":
            self.events.append(row.model_copy(update={"outcome": Outcome.FAILED, "error": "no room"}))
            self.ended.append((run, {}))
            return
        self.serves = None
        if how == "killed after the switch":
            self.current = what
        self.ended.append((run, {}))
        if how == "fails":
            failed = row.model_copy(update={"error": "the tests failed", "failed_after_change": True})
            self.go_back(failed, run, within=True)

    def ask_back(self) -> None:
        """A person goes back to a release that ran before."""
        ran = [row for row in self.rows if row.outcome == Outcome.SUCCEEDED and not row.live]
        if not ran:
            return
        target = self.chance.draw(st.sampled_from(ran))
        what, run, how = release(target.version, target.configuration), self.new_run(PERSON), self.chance.draw(RETURNS)
        row = self.record(DeploymentKind.ROLLBACK, what, run, PERSON)
        self.events.append(row)
        if how == WORKS:
            self.current, self.serves, self.unproved = what, True, False
            self.events.append(row.model_copy(update={"outcome": Outcome.SUCCEEDED}))
            return
        if how == "killed after the switch":
            self.current = what
        self.ended.append((run, {}))
        if how.startswith("killed"):
            self.serves = None
            return
        if how == "fails":
            self.serves = None
        outcome = Outcome.ROLLED_BACK if how == "fails and stays" else Outcome.FAILED
        ended = row.model_copy(update={"outcome": outcome, "error": "unhealthy"})
        serves = self.serves is True or how != "fails"
        self.events += way_back_failed(None, ended, within=False, serves=serves, why="unhealthy", seconds=1.0)

    def go_back(self, failed: Deployment, run: str, *, within: bool) -> None:
        """What the stage `rollback` does for a deployment that failed; it writes as the stage does."""
        how = self.chance.draw(WAYS_BACK)
        if how == DIES_EARLY:
            return
        row = self.record(DeploymentKind.ROLLBACK, self.current, run, SENSOR, failed.id) if self.current else None
        if row is not None:
            self.events.append(row)
        if how in (DIES, FAILS):
            self.serves = None
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

    def look(self) -> None:
        """The recovery sensor looks at a run that ended badly, and the run that it starts is made."""
        run, tags = self.ended.pop(0)
        decision = decide(run, tags, fold(self.events))
        if decision is None:
            return
        if not decision.attempt:
            self.events.append(given_up(decision.deployment, "both died", 1.0))
            return
        run, tags = self.new_run(SENSOR), recovery_tags(decision)
        self.followed[tags[RECOVERS]] += 1
        failed = next(each for each in fold(self.events) if each.id == tags[RECOVERS])
        assert is_open(failed)
        self.ended.append((run, tags))
        self.go_back(failed, run, within=False)


@settings(max_examples=150)
@given(st.data(), st.integers(1, 12))
def test_what_follows_a_failure_ends_and_the_lineage_says_how_it_stands(data: st.DataObject, acts: int) -> None:
    shipline = Shipline(data)
    for _ in range(acts):
        shipline.act()
        if data.draw(st.booleans(), label="the sensors look"):
            settle(shipline)
    settle(shipline)
    assert all(number <= MOST for number in shipline.followed.values())
    begun = Counter(key(row) for row in shipline.rows if row.kind == "deploy" and not row.held)
    for what, number in begun.items():
        assert number <= shipline.asked[what] + 1, "one deployment by itself, and one for each time that a person asked"


def settle(shipline: Shipline) -> None:
    """Everything that follows by itself has come to its end: what is known of it has to be so."""
    while shipline.ended:
        shipline.look()
    known, said = shipline.rows, trouble(shipline.rows)
    assert not any(row.outcome == INTERRUPTED and row.because_of is None for row in known), "each has an end"
    live = next((row for row in known if row.live), None)
    if shipline.serves is None:
        assert said and ("needs a person" in said or "what serves is not known" in said), "a person is told"
    elif shipline.current:
        assert live and (live.version, live.configuration) == (shipline.current.version, shipline.current.configuration)
        assert said is None or shipline.unproved, said
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


@pytest.mark.parametrize(
    ("serves", "outcome"),
    [
        (release("1.0.0", "new"), Outcome.SUCCEEDED),
        (release("1.0.0", "old"), Outcome.ROLLED_BACK),
        (release("1.0.0"), Outcome.SUCCEEDED),
        (release("0.9.0"), Outcome.ROLLED_BACK),
        (None, Outcome.FAILED),
    ],
)
def test_what_serves_after_the_way_back_decides_what_became_of_a_deployment(
    serves: Release | None, outcome: Outcome
) -> None:
    began = Deployment(
        id="2", kind=DeploymentKind.DEPLOY, release=release("1.0.0", "new"), environment="production",
        outcome=Outcome.STARTED, started="2026-05-04T12:00:00+00:00", run="run-1",
    )  # fmt: skip
    assert answered_by(began, serves, None, 3.0).outcome is outcome


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
