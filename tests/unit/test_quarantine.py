"""Quarantine: what happened to a release in an environment, folded to whether it may come again."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.policy import quarantined
from pipeline_defs.release.quarantine import Quarantined, QuarantineEntry, blocking, quarantine
from pipeline_defs.release.records import Deployment, DeploymentKind, Outcome
from pipeline_defs.release.version import Version
from tests.unit.sample import release

VERSIONS = ("1.0.0", "1.1.0", "1.2.0")
DIGESTS = {version: f"sha256:{number * 64}" for number, version in zip("abc", VERSIONS, strict=True)}


def deployment(
    version: str, outcome: Outcome, failed: bool, kind: DeploymentKind = DeploymentKind.DEPLOY
) -> Deployment:
    return Deployment(
        id="20260504T120000Z-1",
        kind=kind,
        release=release(version, digest=DIGESTS[version]),
        environment="production",
        outcome=outcome,
        started="2026-05-04T12:00:00+00:00",
        failed_after_change=failed and outcome is not Outcome.SUCCEEDED,
        error="1 of 9 failed",
        actor="ada@desk",
    )


def word(version: str, lifted: bool) -> QuarantineEntry:
    return QuarantineEntry(
        app="shop",
        environment="production",
        version=version,
        digest=DIGESTS[version],
        lifted=lifted,
        actor="ada@desk",
        reason="to be sure",
        at="2026-05-05T12:00:00+00:00",
    )


versions = st.sampled_from(VERSIONS)
deployments = st.builds(
    deployment, versions, st.sampled_from(list(Outcome)), st.booleans(), st.sampled_from(list(DeploymentKind))
)
stories = st.lists(st.one_of(deployments, st.builds(word, versions, st.booleans())), max_size=12)


def by_version(told: list[Deployment | QuarantineEntry]) -> dict[str, Quarantined]:
    return {each.version: each for each in quarantine(told)}


def says(each: Deployment | QuarantineEntry) -> bool | None:
    """Whether it says that its release is bad; None where it says nothing of it."""
    if isinstance(each, QuarantineEntry):
        return not each.lifted
    if each.kind is DeploymentKind.ROLLBACK:
        return None
    return True if each.failed_after_change else False if each.outcome is Outcome.SUCCEEDED else None


def digest_of(each: Deployment | QuarantineEntry) -> str:
    return each.digest if isinstance(each, QuarantineEntry) else each.release.digest


@given(stories)
def test_the_newest_word_counts_and_a_persons_word_is_a_persons_to_lift(
    told: list[Deployment | QuarantineEntry],
) -> None:
    found = by_version(told)
    for version, digest in DIGESTS.items():
        words = [each for each in told if digest_of(each) == digest and says(each) is not None]
        # A success says nothing against a person's word.
        barred = False
        personal = False
        for each in words:
            if says(each) or isinstance(each, QuarantineEntry) or not personal:
                barred, personal = bool(says(each)), isinstance(each, QuarantineEntry)
        assert (version in found) == barred


@given(stories, versions)
def test_a_lifted_quarantine_is_lifted_whatever_was_before(
    told: list[Deployment | QuarantineEntry], version: str
) -> None:
    assert version not in by_version([*told, word(version, lifted=True)])


@given(stories, versions)
def test_a_deployment_that_failed_after_a_change_is_quarantined_whatever_was_before(
    told: list[Deployment | QuarantineEntry], version: str
) -> None:
    found = by_version([*told, deployment(version, Outcome.ROLLED_BACK, True)])[version]
    assert found.deployment == "20260504T120000Z-1"
    assert found.because == "its deployment was rolled back: 1 of 9 failed"


@given(stories, versions)
def test_words_about_one_release_change_nothing_for_another(
    told: list[Deployment | QuarantineEntry], version: str
) -> None:
    before, after = by_version(told), by_version([*told, word(version, lifted=False)])
    assert {name: each for name, each in after.items() if name != version} == {
        name: each for name, each in before.items() if name != version
    }


@given(stories)
def test_one_release_is_quarantined_once_and_refused_everywhere_it_is_asked_for(
    told: list[Deployment | QuarantineEntry],
) -> None:
    found = quarantine(told)
    assert len({each.digest for each in found}) == len(found)
    for each in found:
        assert blocking(release(each.version, digest=each.digest), found) == each


def test_a_run_that_was_killed_or_failed_before_any_change_says_nothing_against_its_release() -> None:
    assert quarantine([deployment("1.0.0", Outcome.ROLLED_BACK, False)]) == []
    assert quarantine([deployment("1.0.0", Outcome.FAILED, False)]) == []


def test_a_newer_version_is_not_held_up_and_overtakes() -> None:
    failed = deployment("1.1.0", Outcome.ROLLED_BACK, True)
    assert blocking(release("1.1.1", digest=DIGESTS["1.1.0"]), quarantine([failed])) is None
    assert blocking(release("1.2.0", digest=DIGESTS["1.2.0"]), quarantine([failed])) is None
    (found,) = quarantine([failed, deployment("1.2.0", Outcome.SUCCEEDED, False)])
    assert (found.version, found.overtaken_by) == ("1.1.0", "1.2.0")


@given(stories)
def test_what_overtakes_is_newer(told: list[Deployment | QuarantineEntry]) -> None:
    for each in quarantine(told):
        assert each.overtaken_by is None or Version.parse(each.overtaken_by) > Version.parse(each.version)


def test_the_same_image_with_another_configuration_is_another_release() -> None:
    found = quarantine([deployment("1.1.0", Outcome.ROLLED_BACK, True)])
    failed = release("1.1.0", digest=DIGESTS["1.1.0"])
    mended = failed.model_copy(update={"configuration": "e" * 64})
    assert blocking(mended, found) is None
    again = deployment("1.1.0", Outcome.ROLLED_BACK, True).model_copy(update={"release": mended})
    found = quarantine([deployment("1.1.0", Outcome.ROLLED_BACK, True), again])
    assert blocking(failed, found) == blocking(mended, found) == found[0]
    assert blocking(failed.model_copy(update={"configuration": ""}), found) == found[0]
    assert blocking(mended, quarantine([word("1.1.0", lifted=False)])) is not None


def test_the_refusal_says_when_why_and_how_to_lift_it() -> None:
    found = quarantine([deployment("1.1.0", Outcome.ROLLED_BACK, True)])
    candidate = release("1.1.0", digest=DIGESTS["1.1.0"])
    assert quarantined(candidate, blocking(candidate, found)) == (
        "version 1.1.0 (sha256:bbbbbbbbbbbb…) is quarantined in production since 2026-05-04T12:00:00+00:00, because its deployment "
        "was rolled back: 1 of 9 failed; ship a newer version, or lift it with: "
        "shipline quarantine lift shop production 1.1.0 --reason '…'"
    )
    assert quarantined(candidate, None) is None
