"""Messages on a real Dagster storage and real requests: each once, later where a service was away, none of what was before."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.lineage.events import DRIFT, environment_key
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.release.drift_finding import Drift
from pipeline_defs.release.quarantine import QuarantineEntry
from tests.integration.noticed import CHAT, MAIL, TOKEN, Noticed, Service, service
from tests.integration.reported import Deploys, fails, integrates, release

OLD, NEW = "a" * 40, "b" * 40
DEPLOYED, DOWN = "shop production: 1.1.0 runs", "shop production: 1.1.0 failed, 1.0.0 runs again"


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with service() as made:
        monkeypatch.setenv(CHAT, made.address(TOKEN))
        monkeypatch.setenv(MAIL, made.address("mail"))
        yield made


@pytest.fixture
def noticed(tmp_path: Path, instance: dg.DagsterInstance, chat: Service, monkeypatch: pytest.MonkeyPatch) -> Noticed:
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_URL", "https://shipline.example.org")
    made = Noticed(tmp_path, instance)
    made.look()
    return made


def deploy(noticed: Noticed, *, well: bool = True, version: str = "1.1.0") -> str:
    """A run that deploys a version, or fails and goes back to the one before."""
    deploys = Deploys(release(NEW, version), release(OLD, "1.0.0"))
    ops = deploys.ops if well else {"production_deploy": deploys.begin, "production_record": deploys.undo}
    return noticed.run(noticed.job("deploy", ops, environment="production", actor="anna@laptop"))


def test_a_deployment_is_told_once_with_what_matters(noticed: Noticed, chat: Service) -> None:
    run = deploy(noticed)
    assert noticed.look() == f"{CHAT}: 1 told"
    assert noticed.look() == "nothing new"
    assert chat.titles(TOKEN) == [DEPLOYED]
    assert chat.titles("mail") == []
    message = chat.taken[0][1]
    assert message["type"] == "success"
    assert message["message"].splitlines() == [
        "version: 1.0.0 -> 1.1.0",
        "who: anna@\u200blaptop",
        "why: tests",
        "took: 8.5 s",
        f"run: https://shipline.example.org/runs/{run}",
        f"commit: https://github.com/acme/shop/commit/{NEW}",
        "page: https://shop.example.org",
    ]


def test_a_deployment_that_went_back_is_one_message_to_both(noticed: Noticed, chat: Service) -> None:
    deploy(noticed, well=False)
    noticed.look()
    assert chat.titles(TOKEN) == chat.titles("mail") == [DOWN]
    said = chat.taken[0][1]
    assert said["type"] == "failure"
    assert "version: 1.0.0 -> 1.1.0 -> 1.0.0" in said["message"]
    assert "error: the tests failed" in said["message"]


def test_what_fails_before_it_begins_and_an_image_of_a_branch_are_told(noticed: Noticed, chat: Service) -> None:
    sentence = "flake8 found 1 error. See the log"
    noticed.run(noticed.job("integrate", integrates(NEW, lint=fails(sentence)), branch="development", commit=NEW))
    noticed.run(noticed.job("integrate", integrates(NEW, lint=fails(sentence)), pull_request="7", commit=NEW))
    noticed.run(noticed.job("stage", {"staging_stage": fails("no room")}, environment="staging", version="1.1.0"))
    noticed.look()
    assert chat.titles(TOKEN) == [
        f"shop development: the image of {NEW[:7]} failed",
        "shop staging: the rehearsal of 1.1.0 failed",
    ]
    assert "error: lint: flake8 found 1 error.\n" in chat.taken[0][1]["message"] + "\n"
    assert chat.titles("mail") == []


def test_what_was_there_before_the_first_look_is_not_told(
    tmp_path: Path, instance: dg.DagsterInstance, noticed: Noticed, chat: Service
) -> None:
    deploy(noticed)
    noticed.ticking.set_entry("shop", "notify", "")
    started_anew = Noticed(tmp_path, instance)
    assert started_anew.look() == started_anew.look() == "nothing new"
    assert chat.taken == []


def test_a_run_is_told_of_when_it_is_over_and_not_again_when_its_tags_change(noticed: Noticed, chat: Service) -> None:
    waiting = noticed.job("deploy", Deploys(release(NEW, "1.1.0")).ops, environment="production")
    run = noticed.queue(waiting)
    assert noticed.look() == "nothing new"
    noticed.go_on(waiting, run)
    noticed.look()
    noticed.instance.add_run_tags(run.run_id, {"waits_for": "nothing"})
    noticed.look()
    assert chat.titles(TOKEN) == [DEPLOYED]


def test_a_service_that_is_away_is_told_later_in_growing_distances(noticed: Noticed, chat: Service) -> None:
    chat.status = 503
    deploy(noticed)
    said = noticed.look()
    assert CHAT in said and "1 wait, tried again in" in said
    assert TOKEN not in said and TOKEN not in str(noticed.ticking.entry("shop", "notify"))
    assert chat.asked == 1
    noticed.look()
    assert chat.asked == 1, "it rests"
    noticed.pass_time(61)
    noticed.look()
    noticed.pass_time(61)
    noticed.look()
    assert chat.asked == 2, "and longer each time"
    chat.status = 200
    noticed.pass_time(61)
    assert noticed.look() == f"{CHAT}: 1 told"
    assert chat.titles(TOKEN) == [DEPLOYED]


def test_what_has_piled_up_is_one_message(noticed: Noticed, chat: Service) -> None:
    chat.status = 503
    for minor in range(1, 6):
        deploy(noticed, version=f"1.{minor}.0")
        noticed.look()
    chat.status = 200
    noticed.pass_time(3600)
    assert noticed.look() == f"{CHAT}: 5 told"
    assert chat.titles(TOKEN) == ["5 things happened at shop"]
    assert "\nshop production: 1.3.0 runs (https://" in chat.taken[0][1]["message"]


def test_after_a_day_it_is_given_up_and_said(noticed: Noticed, chat: Service) -> None:
    chat.status = 503
    deploy(noticed)
    noticed.look()
    noticed.pass_time(86_401)
    assert "1 given up after a day" in noticed.look()
    assert noticed.look() == "nothing new"
    chat.status = 200
    deploy(noticed, version="1.2.0")
    noticed.look()
    assert chat.titles(TOKEN) == ["shop production: 1.2.0 runs"]


def test_one_place_that_cannot_be_told_keeps_no_other_waiting(
    noticed: Noticed, chat: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHAT, "nonsense://secret-part")
    deploy(noticed, well=False)
    said = noticed.look()
    assert "is no address that apprise knows" in said and "secret-part" not in said
    assert chat.titles("mail") == [DOWN]
    monkeypatch.delenv(CHAT)
    noticed.pass_time(3600)
    assert f"the secret {CHAT} is not set" in noticed.look()


def test_drift_and_a_persons_word_are_told_without_a_run(noticed: Noticed, chat: Service) -> None:
    def see(*said: str) -> None:
        found = Drift(at="2026-01-31T12:00:00+00:00", said=said)
        evaluation = dg.AssetCheckEvaluation(
            asset_key=environment_key("shop", "production"),
            check_name=DRIFT,
            passed=not said,
            metadata={DRIFT: dg.MetadataValue.json(found.model_dump(mode="json"))},
        )
        noticed.instance.report_runless_asset_event(evaluation)
        noticed.look()

    see()
    see("a.example.org runs 1.0.0")
    see("a.example.org runs 1.0.0")
    word = QuarantineEntry(
        app="shop",
        environment="production",
        version="1.1.0",
        digest="sha256:1",
        lifted=False,
        actor="anna",
        reason="orders are lost",
        at="2026-01-31T12:00:00+00:00",
    )
    Lineage(noticed.instance).say(word)
    noticed.look()
    noticed.look()
    assert chat.titles(TOKEN) == [
        "shop production: something was changed by hand",
        "shop production: 1.1.0 is quarantined",
    ]


def test_the_command_shows_who_is_told_and_sends_a_test(
    noticed: Noticed, chat: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path))
    assert main(["notify", "shop"]) == 0
    assert CHAT in capsys.readouterr().out and chat.taken == []
    assert main(["notify", "shop", "--test"]) == 0
    assert chat.titles(TOKEN) == chat.titles("mail") == ["shop: a message of Shipline"]
    chat.status = 404
    capsys.readouterr()
    assert main(["notify", "shop", "--test", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [each["sent"] for each in said] == [False, False]
    assert "404" in said[0]["error"] and TOKEN not in said[0]["error"]
