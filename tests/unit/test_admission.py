"""Admission: `plan` and a deployment refuse alike, and each rule of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config import App
from pipeline_defs.deployments.admission import ask, ask_again
from pipeline_defs.release.admission_rules import Admission, HostFacts, Requester, Snapshot, admit
from pipeline_defs.release.history import Row, fold, rows
from pipeline_defs.release.quarantine import Quarantined, QuarantineEntry, quarantine
from pipeline_defs.release.records import HELD, Deployment, DeploymentKind, Outcome, Rehearsal, Release
from pipeline_defs.release.version import Version
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.strategies.admission_recheck import expect_admitted
from tests.unit.sample import example, release, task, with_environment

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ALWAYS = "2020-01-01 00:00 .. 2099-12-31 24:00 UTC"
VERSIONS = ["1.0.0", "1.1.0", "1.2.0"]
PERSON, SENSOR = Requester(), Requester(automatic=True)


def candidate(version: str, repository: str | None = None) -> Release:
    number = VERSIONS.index(version)
    return release(
        version, digest=f"sha256:{number}" + "0" * 63, commit=str(number) * 40, repository=repository or example().image
    )


@dataclass(frozen=True)
class Told:
    """A history by the events that the lineage would be folded from, in their order."""

    events: Sequence[Deployment | QuarantineEntry]
    rehearsals: Sequence[Rehearsal] = ()
    under_way: bool = False

    def environment(self, app: App, environment: str) -> list[Row]:
        staging = environment == app.staging
        told = self.rehearsals if staging else [each for each in self.events if isinstance(each, Deployment)]
        return rows(fold(told), alive=set(), now=START)

    def quarantine(self, app: App, environment: str) -> list[Quarantined]:
        return quarantine(self.events)

    def rehearsing(self, app: App, digest: str) -> str | None:
        return "a" * 32 if self.under_way else None

    def asked_by_itself(self, run_id: str) -> bool:
        return run_id.startswith("sensor")


def deployment(number: int, what: Release, outcome: Outcome, by: str = "person") -> Deployment:
    changed = outcome in (Outcome.FAILED, Outcome.ROLLED_BACK)
    return Deployment(
        id=f"{number:04}", kind=DeploymentKind.DEPLOY, release=what, environment="production", outcome=outcome,
        run=f"{by}-{number}", actor=by, started=(START + timedelta(minutes=number)).isoformat(), seconds=30.0,
        failed_after_change=changed, error="it did not start" if changed else None,
        frozen_until=START.isoformat() if outcome is Outcome.FROZEN else None,
    )  # fmt: skip


def rehearsal(number: int, what: Release, outcome: Outcome) -> Rehearsal:
    return Rehearsal(id=f"{number:04}", release=what, environment="staging", outcome=outcome, started=START.isoformat())


def word(what: Release, *, lifted: bool) -> QuarantineEntry:
    return QuarantineEntry(
        app="shop", environment="production", version=what.version, digest=what.digest, lifted=lifted, actor="ada",
        reason="orders are lost", at=START.isoformat(),
    )  # fmt: skip


def app_with(*, frozen: bool = False, required: bool = False, waits: bool = False) -> App:
    return with_environment(
        example(), "production", freeze=[ALWAYS] if frozen else [], require_rehearsal=required, wait_for_rehearsal=waits
    )


releases = st.sampled_from([candidate(version) for version in VERSIONS])
histories = st.builds(
    Told,
    st.lists(st.tuples(releases, st.sampled_from([*Outcome, "said", "lifted"]), st.sampled_from(["person", "sensor"])), max_size=6)
    .map(lambda told: [
        word(what, lifted=how == "lifted") if how in ("said", "lifted") else deployment(number, what, Outcome(how), by)
        for number, (what, how, by) in enumerate(told)
    ]),
    st.lists(st.tuples(releases, st.sampled_from([Outcome.SUCCEEDED, Outcome.FAILED, Outcome.STARTED])), max_size=3)
    .map(lambda told: [rehearsal(number, *each) for number, each in enumerate(told)]),
    st.booleans(),
)  # fmt: skip
requesters = st.builds(
    Requester,
    automatic=st.booleans(),
    asked=st.none() | st.integers(0, 8).map(lambda minutes: START + timedelta(minutes=minutes)),
    override_freeze=st.booleans(),
    reason=st.sampled_from(["", "the spring release"]),
    waited_for_rehearsal=st.booleans(),
)
hosts = st.lists(
    st.builds(HostFacts, st.just("root@a"), st.none() | releases, st.sampled_from([(), ("Docker is missing",)])),
    min_size=1,
    max_size=3,
)
apps = st.builds(app_with, frozen=st.booleans(), required=st.booleans(), waits=st.booleans())
candidates = st.one_of(releases, st.just(candidate("1.1.0", "registry.example.org/elsewhere")))


def deployed(app: App, what: Release, told: Told, who: Requester, facts: list[HostFacts]) -> tuple[Admission, set[str]]:
    """What a deployment is told before its servers are asked, and why it is refused, there or under the lock."""
    first = ask(app, "production", what, told, who)
    if first.refusals or first.done or first.waits_until:
        return first, set(first.refusals)
    again = ask_again(app, "production", what, told, who)
    try:
        expect_admitted(task(app, "production", release=what, admitted=again), facts)
    except ServerError as error:
        return first, set(str(error).partition(": ")[2].split("; ")) if error else set()
    return first, set()


@given(apps, candidates, histories, requesters, hosts)
def test_plan_and_a_deployment_refuse_alike(
    app: App, what: Release, told: Told, who: Requester, facts: list[HostFacts]
) -> None:
    planned = ask(app, "production", what, told, who, facts)
    first, refused = deployed(app, what, told, who, facts)
    assert (planned.done, planned.waits_until) == (first.done, first.waits_until)
    assert planned.freeze_overridden == first.freeze_overridden
    if not first.waits_until:
        assert bool(planned.refusals) == bool(refused)
    if first.refusals or first.waits_until or first.done:
        assert set(first.refusals) <= set(planned.refusals)
    else:
        assert refused == {part for each in planned.refusals for part in each.split("; ")}


@given(apps, candidates, histories, requesters, hosts)
def test_what_is_admitted_breaks_no_rule(
    app: App, what: Release, told: Told, who: Requester, facts: list[HostFacts]
) -> None:
    found = ask(app, "production", what, told, who, facts)
    if found.refusals or found.waits_until or found.done:
        return
    assert what.repository == app.image
    assert not any(each.digest == what.digest for each in told.quarantine(app, "production"))
    assert not app.environments["production"].freeze or (who.override_freeze and who.reason)
    passed = any(row.release.digest == what.digest and row.outcome is Outcome.SUCCEEDED for row in told.rehearsals)
    assert passed or not app.environments["production"].require_rehearsal
    running = [each.current for each in facts]
    assert not any(each.lacks for each in facts)
    assert running[0] is not None or not any(running)
    assert running[0] is None or Version.parse(what.version) >= Version.parse(running[0].version)
    tried = next((row for row in fold([each for each in told.events if isinstance(each, Deployment)])
                  if row.outcome not in HELD), None)  # fmt: skip
    assert not (who.automatic and tried and tried.release == what), "nobody asks in person for it a second time"


@pytest.mark.parametrize("who", [PERSON, SENSOR])
def test_a_quarantined_release_is_refused_whoever_asks_and_though_it_is_frozen(who: Requester) -> None:
    what = candidate("1.1.0")
    found = ask(app_with(frozen=True), "production", what, Told([word(what, lifted=False)]), who)
    assert "is quarantined in production" in str(found.refusal)


def test_a_freeze_holds_back_what_nobody_asks_for_and_refuses_a_person() -> None:
    app, what, told = app_with(frozen=True), candidate("1.1.0"), Told([])
    waits = ask(app, "production", what, told, SENSOR)
    assert waits.waits_until is not None
    assert (waits.refusals, waits.waits_until.outcome) == ((), Outcome.FROZEN)
    assert "--override-freeze" in str(ask(app, "production", what, told, PERSON).refusal)
    through = ask(app, "production", what, told, Requester(override_freeze=True, reason="the spring release"))
    assert (through.refusals, through.freeze_overridden) == ((), ALWAYS)
    assert "needs a reason" in str(ask(app, "production", what, told, Requester(override_freeze=True)).refusal)


def test_a_rehearsal_under_way_is_waited_for_where_the_environment_says_so() -> None:
    what, told = candidate("1.1.0"), Told([], under_way=True)
    waits = ask(app_with(waits=True, required=True), "production", what, told, PERSON)
    assert waits.waits_until is not None
    assert (waits.refusals, waits.waits_until.outcome) == ((), Outcome.WAITING)
    assert "has not passed a rehearsal" in str(ask(app_with(required=True), "production", what, told, PERSON).refusal)
    assert ask(app_with(waits=False), "production", what, told, PERSON) == Admission()


def test_what_waited_for_a_rehearsal_that_did_not_pass_is_left_to_a_person() -> None:
    app, what = app_with(waits=True), candidate("1.1.0")
    told = Told([], [rehearsal(1, what, Outcome.FAILED)])
    waited = Requester(automatic=True, waited_for_rehearsal=True)
    assert "its rehearsal did not pass" in str(ask(app, "production", what, told, waited).refusal)
    assert ask(app, "production", what, told, PERSON).refusals == ()


def test_what_waited_for_a_rehearsal_waits_while_that_runs_though_the_app_no_longer_waits_for_any() -> None:
    waited = Requester(automatic=True, waited_for_rehearsal=True)
    found = ask(app_with(waits=False), "production", candidate("1.1.0"), Told([], under_way=True), waited)
    assert found.waits_until is not None
    assert (found.refusals, found.waits_until.outcome) == ((), Outcome.WAITING)


def test_a_fleet_whose_first_host_is_new_is_refused() -> None:
    facts = [HostFacts("root@a", None), HostFacts("root@b", candidate("1.0.0"))]
    found = admit(candidate("1.1.0"), Snapshot("shop", "production"), facts, PERSON)
    assert found.refusals[0].startswith("root@a: nothing runs there, and 1.0.0 on other hosts")


def test_of_no_release_in_particular_the_environment_alone_decides() -> None:
    freeze = app_with(frozen=True).environments["production"].frozen(START)
    assert admit(None, Snapshot("shop", "production"), (), PERSON) == Admission()
    assert "is frozen" in str(admit(None, Snapshot("shop", "production", freeze=freeze), (), PERSON).refusal)
