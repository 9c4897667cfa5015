"""Changes of branches and tags, with the stand-in, a real Dagster storage and a real code server: nothing missed, nothing twice."""

import pytest

from pipeline_defs.github.api.api_requests import A_PAGE
from pipeline_defs.github.changes.branch_heads import MOST
from pipeline_defs.release.change import run_id
from pipeline_defs.release.run_tags import REASON, THEN
from pipeline_defs.release.shipline_commits import version_message
from pipeline_defs.release.version import Version
from tests.integration.changes.pulls import begin
from tests.integration.github_changes import (
    REPOSITORY,
    World,
)


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
