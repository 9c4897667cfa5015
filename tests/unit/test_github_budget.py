"""The budget of requests: what GitHub's answers say of it, and what is written down."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.rate_limit import BudgetKeeper, budget_in, read_budget

API, NAME = "https://api.github.com", "acme/shop"


def answer(limit: str, remaining: str, reset: str, resource: str = "core") -> Answer:
    said = {"limit": limit, "remaining": remaining, "reset": reset, "resource": resource}
    return Answer(200, {f"x-ratelimit-{name}": value for name, value in said.items()}, "")


def test_what_was_said_is_found_again(tmp_path: Path) -> None:
    keeper = BudgetKeeper(tmp_path, API, NAME)
    keeper.hear(answer("5000", "4321", "1700000000"))
    keeper.hear(answer("5000", "4320", "1700000000"))  # so soon after that it is not worth writing
    found = read_budget(tmp_path, f"{API}/", "Acme/Shop")
    assert found is not None
    assert (found.limit, found.remaining, found.reset) == (5000, 4321, 1700000000.0)
    assert (found.left(1699999999.0), found.left(1700000000.0)) == (4321, 5000)
    assert read_budget(tmp_path, API, "acme/other") is None


@pytest.mark.parametrize(
    "said",
    [answer("", "", ""), answer("5000", "-1", "0"), answer("30", "3", "1", resource="search"), Answer(304, {}, "")],
)
def test_an_answer_without_a_budget_writes_nothing(tmp_path: Path, said: Answer) -> None:
    BudgetKeeper(tmp_path, API, NAME).hear(said)
    assert list(tmp_path.iterdir()) == []


@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_the_headers_say_does_no_harm(limit: str, remaining: str, reset: str, resource: str) -> None:
    found = budget_in(answer(limit, remaining, reset, resource), NAME)
    assert found is None or min(found.limit, found.remaining, found.reset) >= 0


def test_a_home_that_cannot_be_written_keeps_nobody_from_asking(tmp_path: Path) -> None:
    (tmp_path / "github").write_text("no folder")
    BudgetKeeper(tmp_path, API, NAME).hear(answer("5000", "1", "1"))
    assert read_budget(tmp_path, API, NAME) is None
