"""Drift: what a server runs, compared with what the lineage says."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.drift_finding import Seen, drift
from tests.unit.sample import release

AT = "2026-01-31T12:00:00+00:00"
LIVE, OTHER = release("1.4.2"), release("1.4.1", digest=f"sha256:{'cd' * 32}")


def said(*seen: Seen, version: str | None = LIVE.version, digest: str | None = LIVE.digest) -> tuple[str, ...]:
    return drift(version, digest, seen, AT).said


def test_what_runs_as_recorded_is_no_drift() -> None:
    assert (
        said(Seen(host="a", current=LIVE, image=LIVE.reference), Seen(host="b", current=LIVE, image=LIVE.reference))
        == ()
    )
    assert said(Seen(host="a"), version=None, digest=None) == ()


def test_each_thing_done_by_hand_has_a_sentence() -> None:
    assert said(Seen(host="a", current=LIVE)) == ("a runs no container of 1.4.2",)
    assert said(Seen(host="a", current=LIVE, image="shop:test")) == (
        "a runs the image shop:test and not that of 1.4.2",
    )
    assert said(Seen(host="a", current=OTHER, image=OTHER.reference)) == (
        "a says that it runs 1.4.1, the history says 1.4.2",
    )
    assert said(Seen(host="a")) == ("a says that it runs nothing, the history says 1.4.2",)
    assert said(Seen(host="a", current=LIVE, image=LIVE.reference), version=None, digest=None) == (
        "a says that it runs 1.4.2, the history says nothing",
    )


def test_another_configuration_of_the_same_version_is_drift_where_both_are_known() -> None:
    older = release("1.4.2", configuration="e" * 64)
    for runs, known, sentences in ((older, "f" * 64, 1), (older, "", 0), (LIVE, "f" * 64, 0)):
        found = drift(
            LIVE.version, LIVE.digest, [Seen(host="a", current=runs, image=runs.reference)], AT, configuration=known
        )
        assert [each.endswith("with another configuration than the history says") for each in found.said] == [
            True
        ] * sentences


def test_a_host_that_does_not_answer_is_told_and_is_no_drift() -> None:
    found = drift(LIVE.version, LIVE.digest, [Seen(host="a", lost="it is off")], AT)
    assert (found.said, found.lost) == ((), ("a could not be looked at: it is off",))


releases = st.sampled_from([LIVE, OTHER])
hosts = st.builds(
    Seen,
    host=st.just("a"),
    current=releases | st.none(),
    image=st.sampled_from([LIVE.reference, OTHER.reference]) | st.none(),
)


@given(st.lists(hosts, min_size=1, max_size=3), releases)
def test_there_is_no_drift_only_where_every_host_runs_the_image_that_is_recorded(
    seen: list[Seen], live: object
) -> None:
    assert isinstance(live, type(LIVE))
    same = all(each.current == live and each.image == live.reference for each in seen)
    assert (drift(live.version, live.digest, seen, AT).said == ()) == same
