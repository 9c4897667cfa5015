"""Changes of pull requests: which head runs, who may ask for it, and how often."""

import uuid

import pytest
from dagster import RunsFilter

from pipeline_defs.cli.cli_output import UsageError
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.rerun_pull_request import asked_again
from pipeline_defs.release.github_cursor import PullState
from pipeline_defs.release.run_tags import ATTEMPT, tag_of
from tests.integration.changes.pulls import fork_pull, pull, receive
from tests.integration.github_changes import (
    REPOSITORY,
    World,
)


def test_the_life_of_a_pull_request(shop: World) -> None:
    number, first = pull(shop)
    shop.look()
    run = shop.run_of(first)
    assert (run.tags["pull_request"], run.tags["branch"], run.status.value) == (str(number), "development", "QUEUED")
    assert run.run_config["ops"]["shop_image"]["config"]["issue"] == 12
    assert shop.look() == "nothing new"

    second = shop.commit("12-fix")
    shop.look()
    assert shop.run_of(first).tags["superseded_by"] == second
    assert [status for _, _, status in shop.rows()] == ["CANCELED", "QUEUED"]

    shop.github.retarget(REPOSITORY, number, "main", by="dora")
    shop.look()
    assert shop.run_of(second).tags["branch"] == "main"
    assert [status for _, _, status in shop.rows()] == ["CANCELED", "CANCELED", "QUEUED"]

    shop.github.close(REPOSITORY, number, by="dora")
    shop.look()
    assert shop.run_of(second).tags["superseded_by"] == "closed"
    shop.github.reopen(REPOSITORY, number, by="dora")
    shop.look()
    again = shop.run_of(second)
    assert (again.status.value, again.tags[ATTEMPT]) == ("QUEUED", "2")
    assert len(shop.runs()) == 4


def test_a_head_that_comes_back_is_tried_again_where_it_was_given_up(shop: World) -> None:
    _, first = pull(shop)
    shop.look()
    shop.commit("12-fix")
    shop.look()
    shop.github.force_push(REPOSITORY, "12-fix", first, by="dora")
    shop.look()
    assert [(run.tags["head"] == first, run.status.value) for run in shop.runs()] == [
        (True, "CANCELED"),
        (False, "CANCELED"),
        (True, "QUEUED"),
    ]


def test_drafts_wait_until_they_are_ready(shop: World) -> None:
    number, head = pull(shop, draft=True)
    shop.look()
    assert (shop.runs(), shop.handled().pulls[str(number)].stand) == ([], PullState.DRAFT)
    shop.github.set_draft(REPOSITORY, number, False, by="dora")
    shop.look()
    assert shop.rows() == [("shop_integrate", head, "QUEUED")]


def test_a_fork_runs_only_after_the_approval_of_this_head_by_somebody_who_may_write(shop: World) -> None:
    number, head = fork_pull(shop)
    shop.look()
    shop.github.set_clock(5)
    shop.github.comment(REPOSITORY, number, "/shipline test", by="eve")  # who may only read
    shop.look()
    assert shop.runs() == []
    shop.github.set_clock(10)
    newer = shop.github.commit("eve/shop", {"evil.txt": "2\n"}, branch="fix", by="eve")
    shop.github.set_clock(15)
    shop.github.comment(REPOSITORY, number, f"/shipline test {head}", by="dora")  # of what is not the head any more
    shop.look()
    assert shop.runs() == []
    shop.github.set_clock(20)
    shop.github.label(REPOSITORY, number, "shipline:test", by="dora")
    shop.look()
    assert shop.rows() == [("shop_integrate", newer, "QUEUED")]
    assert shop.run_of(newer).tags["untrusted"] == "yes"
    assert shop.run_of(newer).run_config["ops"]["shop_image"]["config"]["untrusted"] is True
    shop.github.commit("eve/shop", {"evil.txt": "3\n"}, branch="fix", by="eve")
    shop.look()
    assert len(shop.runs()) == 1  # the label that is still there says nothing about the new head


@pytest.mark.parametrize(
    ("shop", "untrusted"), [("", "yes"), ("pulls: confined", "yes"), ("pulls: trusted", None)], indirect=["shop"]
)
def test_an_own_pull_request_is_confined_unless_the_app_trusts_it_and_a_merge_never_is(
    shop: World, untrusted: str | None
) -> None:
    number, head = pull(shop)
    shop.look()
    assert shop.run_of(head).tags.get("untrusted") == untrusted
    assert shop.run_of(head).run_config["ops"]["shop_image"]["config"].get("untrusted", False) is bool(untrusted)
    asked, _ = asked_again(Silent("http://127.0.0.1:9"), shop.app, number, "ada@here", untrusted=False)
    assert asked.untrusted is bool(untrusted)
    merged = shop.github.merge(REPOSITORY, number, by="dora")
    shop.look()
    assert "untrusted" not in shop.run_of(merged).tags


class Silent(Client):
    """A client of a Shipline that has no runs."""

    def runs_of_change(self, key: str) -> int:
        return 0


def test_a_person_runs_a_pull_request_again_as_a_further_attempt(shop: World) -> None:
    class Asked(Client):
        def runs_of_change(self, key: str) -> int:
            return len(shop.instance.get_runs(RunsFilter(tags={"change": key})))

    client = Asked("http://127.0.0.1:9")
    number, head = pull(shop)
    shop.look()
    request, tags = asked_again(client, shop.app, number, "ada@here", untrusted=False)
    assert (request.commit, request.change, tags[ATTEMPT]) == (head, shop.run_of(head).tags["change"], "2")
    of_fork, _ = fork_pull(shop)
    with pytest.raises(UsageError, match="add --untrusted"):
        asked_again(client, shop.app, of_fork, "ada@here", untrusted=False)
    assert asked_again(client, shop.app, of_fork, "ada@here", untrusted=True)[0].untrusted
    forked = asked_again(client, shop.app, of_fork, "ada@here", untrusted=True)[0].commit
    assert asked_again(client, shop.app, of_fork, "ada@here", untrusted=True, read=forked)[0].commit == forked
    for other in (forked[:12], f"{forked[:12]}{'0' * 28}"):
        with pytest.raises(UsageError, match=f"the head of #{of_fork} is {forked} now, and not {other}"):
            asked_again(client, shop.app, of_fork, "ada@here", untrusted=True, read=other)
    with pytest.raises(UsageError, match="no open pull request #999"):
        asked_again(client, shop.app, 999, "ada@here", untrusted=False)


def test_a_head_that_failed_runs_again_once_for_each_word_of_somebody_who_may_write(shop: World) -> None:
    number, head = pull(shop)
    shop.look()
    before = shop.handled()

    def says(login: str, at: int, words: str = "/shipline test") -> list[tuple[str, str]]:
        shop.github.set_clock(at)
        shop.github.comment(REPOSITORY, number, words, by=login)
        shop.look()
        return [(tag_of(run.tags, ATTEMPT, "1"), run.status.value) for run in shop.runs()]

    assert says("dora", 5) == [("1", "QUEUED")]  # nothing has failed yet
    shop.instance.report_run_failed(shop.run_of(head))
    assert says("eve", 10) == [("1", "FAILURE")]  # who may only read
    assert says("dora", 15, "why did it fail?") == [("1", "FAILURE")]
    assert says("dora", 20, "/shipline test 1234567") == [("1", "FAILURE")]  # of another commit
    assert says("dora", 25) == [("1", "FAILURE"), ("2", "QUEUED")]
    assert shop.run_of(head).tags["actor"] == "dora on GitHub"
    receive(shop, before, pull=number)  # a delivery, with what the sensor knew long ago
    shop.instance.report_run_failed(shop.runs()[-1])
    receive(shop, shop.handled(), pull=number)
    assert says("dora", 30, "it fails again") == [("1", "FAILURE"), ("2", "FAILURE")]
    assert says("dora", 35) == [("1", "FAILURE"), ("2", "FAILURE"), ("3", "QUEUED")]
    assert {run.tags["change"] for run in shop.runs()} == {f"pull:shop:{number}:{head}:development"}


def test_a_pull_request_that_was_there_at_the_first_look_runs_at_a_word(shop: World) -> None:
    number, head = pull(shop)
    shop.entry = None
    shop.look()
    assert shop.runs() == []
    shop.github.set_clock(5)
    shop.github.comment(REPOSITORY, number, "/shipline test", by="dora")
    shop.look()
    assert shop.rows() == [("shop_integrate", head, "QUEUED")]


def test_a_word_after_an_attempt_that_a_person_started_makes_the_next_one(shop: World) -> None:
    number, head = pull(shop)
    shop.look()
    first = shop.run_of(head)
    shop.instance.report_run_failed(first)
    tags = {**first.tags, "attempt": "2"}
    by_hand = shop.server.create(
        shop.instance, str(uuid.uuid4()), first.job_name, first.run_config, tags, planned=False
    )
    shop.instance.report_run_failed(by_hand)
    shop.github.set_clock(5)
    shop.github.comment(REPOSITORY, number, "/shipline test", by="dora")
    shop.look()
    assert [tag_of(run.tags, ATTEMPT, "1") for run in shop.runs()] == ["1", "2", "3"]
