"""Pull requests: pull requests into the branches that ship. Each newest head is checked once; a fork's only with a person's approval."""

import functools
from dataclasses import replace

from pipeline_defs.config import App
from pipeline_defs.github.api import Approval, Pull, Repository
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.planned_runs import change_of
from pipeline_defs.release.approval import valid_approval
from pipeline_defs.release.github_cursor import GitHubCursor, PullState, SeenPull
from pipeline_defs.release.pull_request_policy import (
    Decision,
    Proposal,
    Verdict,
    decide,
    is_rehearsed,
    may_be_rehearsed,
)

_STANDS = {
    Verdict.CHECK: PullState.ANSWERED,
    Verdict.CHECK_UNTRUSTED: PullState.ANSWERED,
    Verdict.WAIT: PullState.WAITING,
    Verdict.WAIT_UNTIL_READY: PullState.DRAFT,
    Verdict.IGNORE: PullState.IGNORED,
}


def poll_pulls(
    app: App, repository: Repository, handled: GitHubCursor, claims: Claims, *, baseline: bool = False
) -> GitHubCursor:
    """Answer what happened to pull requests. At the `baseline` those that would be checked count as checked. Raises GitHubError."""
    pulls, known = repository.open_pulls(handled.pulls_known or None)
    if pulls is not None:
        for pull in reversed(pulls):
            handled = poll_pull(app, repository, pull, handled, claims, baseline=baseline)
        elsewhere = {*handled.pulls, *claims.pulls_in_use()} - {str(pull.number) for pull in pulls}
        for number in sorted(map(int, elsewhere)):
            # Not on the list may also mean that it moved from page to page while the list was read: ask for it.
            found = repository.pull(number)
            gone = handled.with_pull(number, None)
            handled = poll_pull(app, repository, found, handled, claims) if found is not None else gone
        # Only now: had one of them failed, the list would have to be read again.
        handled = handled.model_copy(update={"pulls_known": known})
    claims.give_up_pulls(handled.pulls)
    in_use = claims.pulls_in_use()
    for closed in [key for key, seen in handled.pulls.items() if seen.stand is PullState.CLOSED]:
        if closed not in in_use:
            handled = handled.with_pull(int(closed), None)
    return handled


def poll_pull(
    app: App, repository: Repository, pull: Pull, handled: GitHubCursor, claims: Claims, *, baseline: bool = False
) -> GitHubCursor:
    """Answer one pull request as it is now. An answer of GitHub's that is older than what was seen is passed over."""
    assert app.github is not None
    before = handled.pulls.get(str(pull.number))
    if before is not None and pull.updated_at < before.at:
        return handled
    now = _seen(pull, before)
    if pull.state != "open":
        return handled.with_pull(pull.number, now.model_copy(update={"stand": PullState.CLOSED}))
    if before is not None and now.stand is PullState.ANSWERED:
        if pull.updated_at > before.at:
            now = _answer_words(app, repository, pull, before, now, claims)
        return handled.with_pull(pull.number, now)
    is_new = before is None or before.head != pull.head
    decision, now = _decision(app, repository, pull, now, is_new=is_new)
    if decision.verdict in (Verdict.CHECK, Verdict.CHECK_UNTRUSTED) and not baseline:
        now = _with_rehearsal(app, repository, pull, now, is_new=is_new)
        untrusted = decision.verdict is Verdict.CHECK_UNTRUSTED
        claims.run(change_of(app, pull, rehearsed=now.rehearsed), untrusted=untrusted, seen=pull.updated_at)
    return handled.with_pull(pull.number, now.model_copy(update={"stand": _STANDS[decision.verdict]}))


def _seen(pull: Pull, before: SeenPull | None) -> SeenPull:
    """The pull request as it is seen now; its head counts as answered while it is the same, for the same branch."""
    head, base, at = pull.head, pull.base, pull.updated_at
    if before is None or before.head != head:
        return SeenPull(head=head, base=base, at=at, seen=at)
    same = before.base == base and before.stand is not PullState.CLOSED
    if not same:
        return SeenPull(head=head, base=base, at=at, seen=before.seen)
    return before.model_copy(update={"at": at})


def _decision(
    app: App, repository: Repository, pull: Pull, now: SeenPull, *, is_new: bool
) -> tuple[Decision, SeenPull]:
    """What becomes of the pull request, and when its head was seen first. Approvals are read only where one is needed."""
    assert app.github is not None
    judge = functools.partial(
        decide,
        bases=app.branches.shipping,
        drafts=app.github.drafts,
        confined=app.github.confines(fork=False),
    )
    decision = judge(Proposal(base=pull.base, draft=pull.draft, fork=pull.fork))
    if decision.verdict is not Verdict.WAIT:
        return decision, now
    given = repository.approvals(pull.number, app.github.test_label)
    if is_new:
        now = _after_all(given, now)
    by = valid_approval(given, head=pull.head, first_seen=now.seen, may_write=repository.may_write)
    return judge(Proposal(base=pull.base, draft=pull.draft, fork=True, approved=by is not None)), now


def _answer_words(
    app: App, repository: Repository, pull: Pull, before: SeenPull, now: SeenPull, claims: Claims
) -> SeenPull:
    """Answer what people have said since about a head that was answered: run it again, or rehearse it."""
    assert app.github is not None
    untrusted = app.github.confines(fork=pull.fork)
    if not now.rehearsed:
        now = _with_rehearsal(app, repository, pull, now, is_new=False)
        if now.rehearsed:
            claims.run(change_of(app, pull, rehearsed=True), untrusted=untrusted, seen=pull.updated_at)
            return now
    if by := _wants_it_again(app, repository, pull, before, claims):
        change = change_of(app, pull, rehearsed=now.rehearsed).model_copy(update={"actor": by})
        claims.run(change, untrusted=untrusted, seen=pull.updated_at, again=True)
    return now


def _with_rehearsal(app: App, repository: Repository, pull: Pull, now: SeenPull, *, is_new: bool) -> SeenPull:
    """The pull request with the word whether its head is rehearsed. GitHub is asked only where that depends on its answer."""
    assert app.github is not None
    proposal = Proposal(base=pull.base, fork=pull.fork, bot=pull.bot)
    development = app.branches.development
    if app.stage.pulls == "off" or not may_be_rehearsed(proposal, development=development):
        return now
    # A head that was answered without a rehearsal, or was there before anybody looked, gets one by a person's word alone.
    answered = now.stand is PullState.ANSWERED
    trusted = not answered and not pull.bot and bool(pull.author) and repository.may_write(pull.author)
    if not trusted:
        given = repository.approvals(pull.number, app.github.test_label)
        now = _after_all(given, now) if is_new else now
        by = valid_approval(given, head=pull.head, first_seen=now.seen, may_write=repository.may_write)
        proposal = replace(proposal, approved=by is not None)
    proposal = replace(proposal, author_may_write=trusted)
    return now.model_copy(update={"rehearsed": is_rehearsed(proposal, development=development)})


def _wants_it_again(app: App, repository: Repository, pull: Pull, before: SeenPull, claims: Claims) -> str:
    """Who may write and wants a head that failed run again, by `/shipline test` or the label; empty where nobody does.

    It has to be newer than the last look, and than the run itself: one word starts one run, whoever looks. Nothing is asked
    of GitHub unless the head failed.
    """
    assert app.github is not None
    may, claimed = claims.may_run_again(change_of(app, pull, rehearsed=before.rehearsed))
    if not may:
        return ""
    since = max(before.at, claimed)
    new = [word for word in repository.approvals(pull.number, app.github.test_label) if word.at > since]
    word = valid_approval(new, head=pull.head, first_seen=before.seen, may_write=repository.may_write)
    return word.by if word else ""


def _after_all(given: list[Approval], now: SeenPull) -> SeenPull:
    """A head that was not seen before is newer than all that was said before, unless somebody named the very commit."""
    return now.model_copy(update={"seen": max([now.seen, *(approval.at for approval in given)])})
