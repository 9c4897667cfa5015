"""What is taken from a delivery: a repository, and a branch (also of the merge queue) or a pull request's number."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.github.webhooks.delivery_hint import Hint, UnreadablePayload, hint_of

JSON = "application/json"
SHOP = {"full_name": "acme/shop"}
GROUP = {
    "action": "checks_requested",
    "merge_group": {"head_ref": "refs/heads/gh-readonly-queue/main/pr-7-1234", "base_ref": "refs/heads/main"},
    "repository": SHOP,
}


def hint(event: str, payload: object) -> Hint:
    return hint_of(event, JSON, json.dumps(payload).encode())


@pytest.mark.parametrize(
    ("event", "payload", "wanted"),
    [
        ("push", {"repository": SHOP, "ref": "refs/heads/a/b"}, Hint("acme/shop", branch="a/b")),
        ("push", {"repository": SHOP, "ref": "refs/tags/v1"}, Hint("acme/shop")),
        ("push", {"repository": SHOP}, Hint("acme/shop")),
        ("pull_request", {"repository": SHOP, "pull_request": {"number": 7}}, Hint("acme/shop", pull=7)),
        ("pull_request", {"repository": SHOP, "pull_request": {"number": "7"}}, Hint("acme/shop")),
        ("pull_request", {"repository": SHOP, "pull_request": None}, Hint("acme/shop")),
        ("merge_group", GROUP, Hint("acme/shop", branch="gh-readonly-queue/main/pr-7-1234")),
        ("merge_group", {**GROUP, "action": "destroyed"}, Hint("acme/shop", branch="gh-readonly-queue/main/pr-7-1234")),
        ("merge_group", {"repository": SHOP, "merge_group": {"head_ref": 7}}, Hint("acme/shop")),
        ("issue_comment", {"repository": SHOP, "pull_request": {"number": 7}}, Hint("acme/shop")),
        ("ping", {"zen": "Keep it logically awesome."}, Hint("")),
    ],
)
def test_what_a_delivery_is_about(event: str, payload: object, wanted: Hint) -> None:
    assert hint(event, payload) == wanted


def test_a_form_is_read_too() -> None:
    body = urlencode({"payload": json.dumps({"repository": SHOP, "ref": "refs/heads/main"})}).encode()
    assert hint_of("push", "application/x-www-form-urlencoded", body) == Hint("acme/shop", branch="main")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_a_payload(body: bytes) -> None:
    with pytest.raises(UnreadablePayload):
        hint_of("push", JSON, body)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda more: st.dictionaries(
    st.sampled_from(["repository", "full_name", "ref", "pull_request", "number", "merge_group", "head_ref"]), more)))  # fmt: skip
def test_any_json_is_a_hint_or_unreadable(payload: object) -> None:
    for event in ("push", "pull_request", "merge_group"):
        try:
            found = hint(event, payload)
        except UnreadablePayload:
            assert not isinstance(payload, dict)
        else:
            assert found.is_empty or found.repository is not None
