"""Rehearsal reuse: the rehearsal of a pull request stands for that of its merge only while nothing has changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.records import Ground, Outcome, Rehearsal, Release
from pipeline_defs.release.rehearsal_match import stands_for

LIVE = Release(app="shop", version="1.0.0", repository="r/shop", digest="sha256:1", commit="c1", configuration="a")
NEW = LIVE.model_copy(update={"version": "1.1.0", "digest": "sha256:2", "commit": "c2"})
GROUND = Ground(production=LIVE, revision="0003", configuration="f00")
EARLIER = Rehearsal(
    id="20260131T120000Z-1",
    release=NEW,
    environment="staging",
    outcome=Outcome.SUCCEEDED,
    started="x",
    pull=12,
    ground=GROUND,
)
BEFORE, AFTER = "20260131T110000Z-1", "20260131T130000Z-1"

grounds = st.builds(
    Ground,
    production=st.sampled_from([None, LIVE, NEW]),
    revision=st.sampled_from([None, "", "0003", "0004"]),
    configuration=st.sampled_from(["f00", "ba4"]),
)


def test_it_stands_for_the_merge_while_nothing_has_changed() -> None:
    assert stands_for(EARLIER, GROUND, changed=[], last_attempt=BEFORE)
    nothing_ran = Ground(production=None, revision=None, configuration="f00")
    assert stands_for(EARLIER.model_copy(update={"ground": nothing_ran}), nothing_ran, changed=[], last_attempt="")


@pytest.mark.parametrize(
    "earlier",
    [
        {"outcome": Outcome.FAILED},
        {"outcome": Outcome.STARTED},
        {"ground": None},
        {"pull": 0},
    ],
)
def test_what_did_not_pass_before_the_merge_stands_for_nothing(earlier: dict[str, object]) -> None:
    assert not stands_for(EARLIER.model_copy(update=earlier), GROUND, changed=[], last_attempt="")


@given(grounds, grounds, st.lists(st.just("web.py"), max_size=1), st.sampled_from(["", BEFORE, AFTER]))
def test_every_change_has_it_rehearsed_again(before: Ground, now: Ground, changed: list[str], last: str) -> None:
    told = stands_for(EARLIER.model_copy(update={"ground": before}), now, changed=changed, last_attempt=last)
    knows = now.production is None or now.revision is not None
    assert told == (before == now and knows and not changed and last != AFTER)
