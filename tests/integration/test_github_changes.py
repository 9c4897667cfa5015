"""Changes on GitHub, with the stand-in, a real Dagster storage and a real code server: nothing missed, nothing twice."""

import multiprocessing
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunsFilter

from pipeline_defs.cli.cli_output import UsageError
from pipeline_defs.cli.graphql_client import Client
from pipeline_defs.cli.rerun_pull_request import asked_again
from pipeline_defs.github.api import open_repository
from pipeline_defs.github.api.api_requests import A_PAGE
from pipeline_defs.github.changes.branch_heads import MOST
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.polling import poll_part
from pipeline_defs.release.change import run_id
from pipeline_defs.release.github_cursor import GitHubCursor, PullState
from pipeline_defs.release.request import Job, Request
from pipeline_defs.release.run_tags import ATTEMPT, NOTICED, REASON, THEN, tag_of
from pipeline_defs.release.shipline_commits import version_message
from pipeline_defs.release.version import Version
from pipeline_defs.runtime.code_server import CodeServer, target_at
from pipeline_defs.runtime.run_submission import Launcher
from tests.integration.github_changes import (
    REPOSITORY,
    World,
    code_server,
    make_home,
    world,
)
from tests.testbed.github import GitHubServer


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One code server for the module; what the app's file says about GitHub makes no difference to its jobs."""
    with code_server(tmp_path_factory.mktemp("code")) as address:
        yield address


@pytest.fixture
def shop(tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[World]:
    """The app, looked at for the first time."""
    with GitHubServer(validate=False) as github:
        github.create_repository(REPOSITORY, files={"version.txt": "1.0.0\n"})
        github.create_branch(REPOSITORY, "development", "main")
        for login, role in {"dora": "write", "eve": "read"}.items():
            github.set_permission(REPOSITORY, login, role)
        monkeypatch.setenv("TEST_GITHUB_TOKEN", github.create_token("dora"))
        more = getattr(request, "param", "")
        with world(tmp_path, github, code, monkeypatch, more) as made:
            assert "first look" in made.look()
            yield made


def pull(shop: World, branch: str = "12-fix", base: str = "development", **more: Any) -> tuple[int, str]:
    """A new pull request: its number and its head."""
    head = shop.commit(branch, at=base)
    return shop.github.create_pull(REPOSITORY, branch, base=base, by="dora", **more), head


def fork_pull(shop: World) -> tuple[int, str]:
    """A pull request of somebody outside."""
    fork = shop.github.create_fork(REPOSITORY, "eve")
    head = shop.github.commit(fork, {"evil.txt": "1\n"}, branch="fix", by="eve")
    return shop.github.create_pull(REPOSITORY, "fix", base="development", by="eve", fork=fork), head


def begin(shop: World, commit: str, job: str = "shop_integrate") -> None:
    """Let a run have begun, as far as the storage knows."""
    from dagster import DagsterEvent, DagsterEventType

    run = shop.run_of(commit, job)
    for kind in (DagsterEventType.PIPELINE_STARTING, DagsterEventType.PIPELINE_START):
        event = DagsterEvent(event_type_value=kind.value, job_name=run.job_name, message="")
        shop.instance.report_dagster_event(event, run_id=run.run_id)


def test_the_first_look_starts_nothing_and_quiet_looks_cost_nothing(shop: World) -> None:
    assert shop.look() == "nothing new"
    shop.github.reset_requests()
    assert shop.look() == "nothing new"
    assert shop.github.requests()["billed"] == 0
    assert shop.runs() == []


def test_each_branch_that_ships_starts_its_job_once(shop: World) -> None:
    new, main = shop.commit("development"), shop.commit("main")
    shop.look()
    assert shop.rows() == [("shop_integrate", new, "QUEUED"), ("shop_deploy", main, "QUEUED")]
    run = shop.run_of(new)
    assert (run.tags[THEN], run.tags["dagster/sensor_name"]) == ("stage", "github")
    assert shop.run_of(main, "shop_deploy").tags["target"] == "shop_production"
    assert run.run_id == run_id(f"merge:shop:development:{new}")
    assert shop.look() == "nothing new"
    before = shop.entry
    shop.entry = shop.handled().with_head("main", shop.github.log(REPOSITORY)[1]).model_dump_json()
    shop.look()  # a tick that was lost after it had claimed
    assert (len(shop.runs()), shop.entry) == (2, before)


def test_a_preview_says_what_it_would_start_and_starts_nothing(shop: World) -> None:
    head = shop.commit("development")
    assert f"preview, nothing is started: shop_integrate for development moved to {head[:12]}" in shop.look(
        preview=True
    )
    assert shop.runs() == []
    shop.look()
    assert len(shop.runs()) == 1


def test_an_outage_with_three_merges_accounts_for_every_one_and_runs_the_newest(shop: World) -> None:
    shop.github.fail("before", times=None)
    first, second, third = (shop.commit("main") for _ in range(3))
    before = shop.entry
    shop.look()
    assert (shop.runs(), shop.entry) == ([], before)
    shop.github.clear_faults()
    shop.look()
    assert shop.rows() == [
        ("shop_deploy", first, "CANCELED"),
        ("shop_deploy", second, "CANCELED"),
        ("shop_deploy", third, "QUEUED"),
    ]
    assert {run.tags.get("superseded_by") for run in shop.runs()} == {third, None}


@pytest.mark.parametrize("count", [MOST + 2, pytest.param(A_PAGE + 2, marks=pytest.mark.thorough)])
def test_more_moves_than_one_look_answers_and_more_than_a_page_of_githubs_list_are_all_accounted_for(
    shop: World, count: int
) -> None:
    moves = [shop.commit("development") for _ in range(count)]
    looks = [len(shop.runs()) for _ in range(3) if shop.look()]
    assert looks == [MOST, min(2 * MOST, count), count]
    assert [head for _, head, _ in shop.rows()] == moves
    assert [status for _, _, status in shop.rows()] == ["CANCELED"] * (len(moves) - 1) + ["QUEUED"]
    assert {run.tags["superseded_by"] for run in shop.runs()[:-1]} == {moves[-1]}
    assert shop.look() == "nothing new"


def test_a_commit_that_asks_to_be_skipped_starts_nothing_and_hides_nothing(shop: World) -> None:
    shop.commit("main", message="chore(release): 1.5.0 [skip ci]")
    assert shop.look() == "nothing new"
    merged = shop.commit("main")
    shop.commit("main", message="chore(release): 1.6.0 [skip ci]")
    shop.look()
    assert shop.rows() == [("shop_deploy", merged, "QUEUED")]


@pytest.mark.parametrize("shop", ["drafts: false\npaths: [api/]"], indirect=True)
def test_an_app_with_paths_answers_what_changes_its_own_files(shop: World) -> None:
    shop.github.commit(REPOSITORY, {"worker/main.py": "1"}, branch="main", by="dora")
    assert shop.look() == "nothing new"
    own = shop.github.commit(REPOSITORY, {"api/main.py": "1"}, branch="main", by="dora")
    shop.look()
    assert shop.rows() == [("shop_deploy", own, "QUEUED")]


def test_a_branch_that_was_rewritten_is_made_and_not_deployed(shop: World) -> None:
    lost = shop.commit("main")
    shop.look()
    shop.github.force_push(REPOSITORY, "main", "development", by="dora")
    new = shop.commit("main")
    shop.look()
    assert (shop.run_of(lost, "shop_deploy").status.value, shop.run_of(new).status.value) == ("CANCELED", "QUEUED")
    assert "was rewritten" in shop.run_of(new).tags[REASON]


def test_a_deployment_in_progress_goes_on_and_what_waits_behind_it_is_given_up(shop: World) -> None:
    running = shop.commit("main")
    shop.look()
    begin(shop, running, "shop_deploy")
    waiting = shop.commit("main")
    shop.look()
    newest = shop.commit("main")
    shop.look()
    assert [status for _, _, status in shop.rows()] == ["STARTED", "CANCELED", "QUEUED"]
    assert shop.run_of(waiting, "shop_deploy").tags["superseded_by"] == newest


def test_without_the_list_of_moves_the_newest_head_runs_alone(shop: World) -> None:
    shop.github.fail("before", path="/activity", status=404, times=None)
    shop.commit("development")
    newest = shop.commit("development")
    shop.look()
    assert shop.rows() == [("shop_integrate", newest, "QUEUED")]


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


@pytest.mark.parametrize("shop", ["tags: true"], indirect=True)
def test_a_new_tag_is_integrated(shop: World) -> None:
    head = shop.github.head(REPOSITORY)
    shop.github.tag(REPOSITORY, "v1", by="dora")
    shop.look()
    assert [(run.job_name, run.tags["head"], run.tags["change"]) for run in shop.runs()] == [
        ("shop_integrate", head, f"tag:shop:v1:{head}")
    ]


@pytest.mark.parametrize("shop", ["tags: true"], indirect=True)
def test_the_tag_of_a_release_that_shipline_made_starts_nothing(shop: World) -> None:
    main = shop.commit("main")
    shop.look()
    run = shop.run_of(main, "shop_deploy")
    begin(shop, main, "shop_deploy")
    shop.instance.add_run_tags(run.run_id, {"version": "1.0.0", "commit": main[:12]})  # as the run does itself
    shop.github.tag(REPOSITORY, "v1.0.0", main, by="dora")
    shop.github.tag(REPOSITORY, "v1.0.1", main, by="dora")  # of another version: somebody else's
    shop.look()
    assert [run.tags["change"] for run in shop.runs()] == [f"merge:shop:main:{main}", f"tag:shop:v1.0.1:{main}"]
    assert shop.look() == "nothing new"


def receive(shop: World, handled: GitHubCursor, **about: Any) -> None:
    """What a delivery does: the same look at one thing, with the sensor's cursor as it was then."""
    claims = Claims(shop.app, Launcher(shop.instance, shop.server), "webhook", "github")
    poll_part(shop.app, open_repository(shop.app), handled, claims, **about)


def test_deliveries_and_polls_in_any_order_start_each_run_once(shop: World) -> None:
    at_first = shop.handled()
    head = shop.commit("development")
    receive(shop, at_first, branch="development")
    shop.look()
    number, of_pull = pull(shop)
    shop.look()
    for _ in range(2):
        receive(shop, at_first, branch="development")  # late, and again
        receive(shop, at_first, pull=number)
    receive(shop, at_first, branch="12-fix")
    assert shop.rows() == [("shop_integrate", head, "QUEUED"), ("shop_integrate", of_pull, "QUEUED")]
    assert [run.tags[NOTICED] for run in shop.runs()] == ["webhook", "sensor github"]


def test_what_is_new_begins_after_what_a_delivery_had_claimed(shop: World) -> None:
    at_first = shop.handled()
    first = shop.commit("main")
    receive(shop, at_first, branch="main")
    begin(shop, first, "shop_deploy")
    second = shop.commit("main")
    receive(shop, at_first, branch="main")
    shop.look()
    assert shop.rows() == [("shop_deploy", first, "STARTED"), ("shop_deploy", second, "QUEUED")]
    assert shop.run_of(second, "shop_deploy").run_config["ops"]["shop_image"]["config"]["since"] == first


def test_a_run_that_knows_more_than_the_cursor_is_left_alone(shop: World) -> None:
    number, _ = pull(shop)
    shop.look()
    shop.github.set_clock(5)
    newer = shop.commit("12-fix")
    receive(shop, shop.handled(), pull=number)
    claims = Claims(shop.app, Launcher(shop.instance, shop.server), "sensor", "github")
    claims.give_up_pulls(shop.handled().pulls)  # of which the newest head is not known there yet
    assert shop.run_of(newer).status is DagsterRunStatus.QUEUED


AUTOMATIC = "tags: false\nversioning: automatic"


@pytest.mark.parametrize("shop", [AUTOMATIC], indirect=True)
def test_shiplines_own_commits_start_nothing_and_hide_nothing(shop: World) -> None:
    merged = shop.commit("development")
    message = version_message(Version.parse("1.0.1"), merged)
    shop.github.commit(REPOSITORY, {"version.txt": "1.0.1\n"}, branch="development", message=message)
    shop.look()
    assert shop.rows() == [("shop_integrate", merged, "QUEUED")]
    on_it = shop.commit("development")
    message = version_message(Version.parse("1.0.2"), on_it)
    own = shop.github.commit(REPOSITORY, {"version.txt": "1.0.2\n"}, branch="development", message=message)
    shop.look()
    assert [head for _, head, _ in shop.rows()] == [merged, on_it]
    assert shop.handled().heads["development"] == own


@pytest.mark.parametrize("shop", [AUTOMATIC], indirect=True)
def test_a_commit_of_shiplines_own_that_comes_alone_starts_nothing(shop: World) -> None:
    merged = shop.commit("development")
    shop.look()
    message = version_message(Version.parse("1.0.1"), merged)
    own = shop.github.commit(REPOSITORY, {"version.txt": "1.0.1\n"}, branch="development", message=message)
    shop.look()
    assert [head for _, head, _ in shop.rows()] == [merged]
    assert shop.handled().heads["development"] == own


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


REQUEST = Request(app="shop", job=Job.INTEGRATE, commit="1" * 40, branch="development", change="merge:shop:x:1")


def claim_in_a_process(folder: str, code: str, start: Any, results: Any) -> None:
    """Claim when told to; in a process of its own."""
    with DagsterInstance.from_config(folder) as instance:
        launcher = Launcher(instance, CodeServer(instance, target_at(code)))
        start.wait()
        results.put(launcher.claim("shop_integrate", REQUEST).new)


def test_of_two_who_claim_at_once_in_two_processes_one_starts_the_run(tmp_path: Path, code: str) -> None:
    home = make_home(tmp_path / "world", "http://127.0.0.1:9") / "home"
    with DagsterInstance.from_config(str(home)) as instance:
        spawn = multiprocessing.get_context("spawn")
        start, results = spawn.Event(), spawn.Queue()
        arguments = (str(home), code, start, results)
        claimers = [spawn.Process(target=claim_in_a_process, args=arguments) for _ in range(2)]
        for claimer in claimers:
            claimer.start()
        start.set()
        assert sorted(results.get(timeout=60) for _ in claimers) == [False, True]
        for claimer in claimers:
            claimer.join()
        (run,) = instance.get_runs()
        assert (run.run_id, run.status.value) == (run_id(REQUEST.change), "QUEUED")
        assert len(instance.all_logs(run.run_id)) == 2  # planned, and enqueued once


@pytest.mark.parametrize(("superseded_by", "status"), [("", "QUEUED"), ("2" * 40, "CANCELED")])
def test_a_claimer_that_was_killed_between_creating_and_submitting_loses_nothing(
    shop: World, monkeypatch: pytest.MonkeyPatch, superseded_by: str, status: str
) -> None:
    launcher = Launcher(shop.instance, shop.server)
    with monkeypatch.context() as killed:
        killed.setattr(Launcher, "_finish_claim", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            launcher.claim("shop_integrate", REQUEST, superseded_by=superseded_by)
    run = shop.instance.get_run_by_id(run_id(REQUEST.change))
    assert run is not None
    assert run.status is DagsterRunStatus.NOT_STARTED
    assert launcher.claim("shop_integrate", REQUEST, superseded_by=superseded_by).new is False
    assert [run.status.value for run in shop.runs()] == [status]
