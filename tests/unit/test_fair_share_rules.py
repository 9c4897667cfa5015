"""Fair share rules: whose run goes next, for any order in which runs come."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.fair_share import PRIORITY, SECONDS, priority, rank, shares, turn, turn_of

ROLLBACK, DEPLOY, STAGE, CHECK = {"kind": "rollback"}, {"kind": "deploy"}, {"target": "shop_staging"}, dict[str, str]()
MOMENTS = st.integers(1_700_000_000, 2_000_000_000)
KINDS = st.sampled_from([ROLLBACK, DEPLOY, STAGE, CHECK])


@given(KINDS, KINDS, MOMENTS, MOMENTS)
def test_a_rollback_goes_before_deployments_and_these_before_the_rest_whoever_waits_longer(
    one: dict[str, str], other: dict[str, str], at: int, later: int
) -> None:
    first, second = priority(one, at), priority(other, later)
    assert (first > second) is ((rank(one), -at) > (rank(other), -later))


@given(MOMENTS, st.lists(st.integers(0, 5000), min_size=1, max_size=30))
def test_an_apps_own_runs_stay_in_their_order_and_nobody_who_comes_after_a_runs_turn_goes_before_it(
    began: int, pauses: list[int]
) -> None:
    given: list[tuple[int, int]] = []
    for number, _ in enumerate(pauses):
        now = began + sum(pauses[:number])
        given.append((now, turn(now, [each for _, each in given])))
    turns = [each for _, each in given]
    assert turns == sorted(set(turns)) or len(turns) == 1
    assert all(now <= each for now, each in given)
    assert all(turn(now, []) >= each for each in turns for now in [each, each + 1])


@given(MOMENTS, st.integers(1, 60), st.integers(0, 10 * SECONDS))
def test_an_app_with_one_run_waits_behind_few_of_another_ones(began: int, many: int, later: int) -> None:
    turns: list[int] = []
    for _ in range(many):
        turns.append(turn(began, turns))
    mine = turn(began + later, [])
    assert sum(each <= mine for each in turns) == min(many, 1 + later // SECONDS)


@given(KINDS, MOMENTS)
def test_a_turn_is_read_back_and_a_persons_number_is_none(tags: dict[str, str], at: int) -> None:
    assert turn_of({**tags, PRIORITY: str(priority(tags, at))}) == at
    assert [turn_of({**tags, PRIORITY: given}) for given in ("10", "-10", "0", "soon", "")][2:] == [None] * 3
    assert turn_of(tags) is None


def test_what_changes_an_environment_has_no_share() -> None:
    assert shares({"app": "shop"}, "shop_integrate") == {"share": "shop"}
    assert shares({}, "__ASSET_JOB") == {"share": "__ASSET_JOB"}
    assert shares({"app": "shop", "target": "shop_production"}, "shop_deploy") == {}
