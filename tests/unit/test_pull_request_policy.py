"""Pull request policy: which pull requests are looked at, and as whose code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.pull_request_policy import Proposal, Verdict, decide, is_rehearsed

BASES = ("development", "main")
proposals = st.builds(
    Proposal,
    base=st.sampled_from([*BASES, "feature"]),
    **dict.fromkeys(("is_open", "draft", "fork", "approved", "bot", "author_may_write"), st.booleans()),
)


@pytest.mark.parametrize(
    ("proposal", "drafts", "verdict"),  # of an app that trusts its own pull requests
    [
        (Proposal("development"), False, Verdict.CHECK),
        (Proposal("main"), False, Verdict.CHECK),
        (Proposal("Main"), False, Verdict.IGNORE),
        (Proposal("feature/basket"), True, Verdict.IGNORE),
        (Proposal("main", is_open=False), True, Verdict.IGNORE),
        (Proposal("main", draft=True), False, Verdict.WAIT_UNTIL_READY),
        (Proposal("main", draft=True), True, Verdict.CHECK),
        (Proposal("main", fork=True), False, Verdict.WAIT),
        (Proposal("main", fork=True, draft=True), False, Verdict.WAIT_UNTIL_READY),
        (Proposal("feature", draft=True), False, Verdict.IGNORE),
        (Proposal("main", fork=True, approved=True), False, Verdict.CHECK_UNTRUSTED),
        (Proposal("feature", fork=True, approved=True), False, Verdict.IGNORE),
    ],
)
def test_what_becomes_of_a_pull_request(proposal: Proposal, drafts: bool, verdict: Verdict) -> None:
    decision = decide(proposal, bases=BASES, drafts=drafts, confined=False)
    assert decision.verdict is verdict
    assert decision.why


@given(proposals, st.booleans())
def test_confined_pull_requests_differ_in_whose_code_it_is_alone(proposal: Proposal, drafts: bool) -> None:
    trusted = decide(proposal, bases=BASES, drafts=drafts, confined=False).verdict
    confined = decide(proposal, bases=BASES, drafts=drafts, confined=True).verdict
    assert confined is (Verdict.CHECK_UNTRUSTED if trusted is Verdict.CHECK else trusted)


@given(proposals, st.booleans(), st.booleans())
def test_code_from_outside_is_never_trusted_and_never_runs_unasked(
    proposal: Proposal, drafts: bool, confined: bool
) -> None:
    verdict = decide(proposal, bases=BASES, drafts=drafts, confined=confined).verdict
    if proposal.fork:
        assert verdict is not Verdict.CHECK
        assert proposal.approved or verdict is not Verdict.CHECK_UNTRUSTED
    else:
        check = Verdict.CHECK_UNTRUSTED if confined else Verdict.CHECK
        assert verdict in (check, Verdict.WAIT_UNTIL_READY, Verdict.IGNORE)


@given(proposals)
def test_a_head_is_rehearsed_only_where_a_person_who_may_write_stands_for_it(proposal: Proposal) -> None:
    vouched = proposal.approved or (proposal.author_may_write and not proposal.bot)
    ours = proposal.is_open and not proposal.fork and proposal.base == "development"
    assert is_rehearsed(proposal, development="development") == (ours and vouched)
