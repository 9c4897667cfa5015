"""The stand-in's webhooks, and the stand-in itself as a program."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.standin.asking import NOBODY, SHOP, Client, connect, git, opened
from tests.testbed.github import GitHubServer, RemoteControl
from tests.testbed.github.deliveries import signature
from tests.testbed.github.receiver import Receiver
from tests.testbed.github.rest import Answer, find_route
from tests.testbed.github.schema import Checks


def test_the_signature_is_the_documented_one() -> None:
    """https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signature("It's a Secret to Everybody", b"Hello, World!") == f"sha256={digest}"


def test_webhooks_are_delivered_signed_and_again_under_the_same_guid(shop: GitHubServer) -> None:
    api = Client(shop, shop.create_token("acme"))
    with Receiver() as receiver:
        config = {"url": receiver.url, "secret": "quiet", "content_type": "json"}
        hook = api("POST", "/hooks", config=config, events=["*"]).json()
        number = opened(shop)
        shop.commit(SHOP, {"fix.txt": "ü\n"}, "fix")
        shop.force_push(SHOP, "fix", shop.log(SHOP, "fix")[1])
        shop.label(SHOP, number, "deploy")
        shop.comment(SHOP, number, "ship it")
        shop.set_draft(SHOP, number, True)
        shop.set_draft(SHOP, number, False)
        shop.rename_pull(SHOP, number, "Other")
        shop.close(SHOP, number)
        shop.reopen(SHOP, number)
        shop.merge(SHOP, number)
        shop.delete_branch(SHOP, "fix")
        assert shop.settle()
        assert receiver.events() == [
            "ping", "push", "create", "pull_request opened", "push", "pull_request synchronize", "push",
            "pull_request synchronize", "pull_request labeled", "issue_comment created", "pull_request converted_to_draft",
            "pull_request ready_for_review", "pull_request edited", "pull_request closed", "pull_request reopened",
            "pull_request closed", "push", "push", "delete",
        ]  # fmt: skip
        for one in receiver.received:
            assert one.headers["x-hub-signature-256"] == signature("quiet", one.body)
            assert one.headers["user-agent"].startswith("GitHub-Hookshot/")
        pushes = [one.payload for one in receiver.received if one.event == "push"]
        flags = [tuple(push[name] for name in ("created", "forced", "deleted")) for push in pushes]
        assert flags == [
            (True, False, False), (False, False, False), (False, True, False), (False, False, False), (False, False, True),
        ]  # fmt: skip
        assert (pushes[0]["before"], pushes[-1]["after"]) == (NOBODY, NOBODY)
        assert pushes[1]["head_commit"]["modified"] == ["fix.txt"]
        delivery = api("GET", f"/hooks/{hook['id']}/deliveries?per_page=1").json()[0]
        assert (delivery["event"], delivery["redelivery"], delivery["status"]) == ("delete", False, "OK")
        assert api("POST", f"/hooks/{hook['id']}/deliveries/{delivery['id']}/attempts").status_code == 202
        assert shop.settle() and len({one.guid for one in receiver.received[-2:]}) == 1
        assert receiver.received[-1].body == receiver.received[-2].body
        assert api("GET", f"/hooks/{hook['id']}/deliveries").json()[0]["redelivery"] is True


def test_the_merge_queue_tells_which_commit_it_wants_checked_and_that_a_group_is_gone(shop: GitHubServer) -> None:
    with Receiver() as receiver:
        shop.create_hook(SHOP, receiver.url, "quiet", events=["merge_group"])
        branch = shop.enqueue(SHOP, opened(shop))
        head, base = shop.head(SHOP, branch), shop.head(SHOP)
        shop.dequeue(SHOP, branch)
        assert shop.settle()
        asked, gone = (one.payload for one in receiver.received if one.event == "merge_group")
        assert (asked["action"], gone["action"], gone["reason"]) == ("checks_requested", "destroyed", "dequeued")
        group = {name: asked["merge_group"][name] for name in ("head_sha", "head_ref", "base_sha", "base_ref")}
        wanted = {"head_ref": f"refs/heads/{branch}", "base_ref": "refs/heads/main"}
        assert group == {"head_sha": head, "base_sha": base, **wanted}


def test_many_tags_in_one_push_send_no_events(shop: GitHubServer, tmp_path: Path) -> None:
    git("clone", "-q", shop.git_url(SHOP, shop.create_token("dora")), str(tmp_path))
    with Receiver() as receiver:
        shop.create_hook(SHOP, receiver.url)
        for count in (3, 4):
            names = [f"v{count}.{number}" for number in range(count)]
            for name in names:
                git("tag", name, folder=tmp_path)
            git("push", "-q", "origin", *names, folder=tmp_path)
        assert shop.settle()
        assert receiver.events() == ["ping", *["push", "create"] * 3]


def test_a_delivery_is_lost_comes_twice_or_late_and_is_not_repeated_by_itself(shop: GitHubServer) -> None:
    api = Client(shop, shop.create_token("acme"))
    with Receiver() as receiver:
        hook = shop.create_hook(SHOP, receiver.url, events=["push"])
        receiver.wait_for(1)
        shop.fail_deliveries(drop=1.0)
        shop.commit(SHOP, {"a": "1"})
        assert shop.settle() and len(receiver.received) == 1
        lost = api("GET", f"/hooks/{hook}/deliveries").json()[0]
        assert lost["status_code"] == 0
        api("POST", f"/hooks/{hook}/deliveries/{lost['id']}/attempts")
        assert receiver.wait_for(2)[1].guid == lost["guid"]
        shop.fail_deliveries(duplicate=1.0)
        shop.commit(SHOP, {"a": "2"})
        assert shop.settle()
        copies = [one.guid for one in receiver.received[2:]]
        assert 2 <= len(copies) <= 5 and len(set(copies)) == 1
        shop.fail_deliveries(delay=0.3)
        del receiver.received[:]
        made = [shop.commit(SHOP, {"a": str(number)}) for number in range(8)]
        assert shop.settle()
        came = [one.payload["after"] for one in receiver.received]
        assert sorted(came) == sorted(made) and came != made


def test_an_enterprise_server_has_the_same_api_below_a_prefix(shop: GitHubServer) -> None:
    repo = connect(shop.enterprise_url, shop.create_token("dora")).get_repo(SHOP)
    number = opened(shop)
    assert repo.url.startswith(f"{shop.url}/api/v3/repos/") and repo.get_pull(number).get_commits().totalCount == 1


def test_an_answer_that_github_would_not_give_is_noticed() -> None:
    checks = Checks(enabled=True)
    route, _ = find_route("GET", f"/repos/{SHOP}/pulls/1")
    assert checks.answer(route, Answer({"number": "1"})) is not None
    assert checks.answer(route, Answer({}, 201)) is not None
    assert checks.payload("pull_request", {"action": "vanished"}) is not None
    assert len(checks.errors) == 3


def test_it_runs_as_a_process_with_the_same_control(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.testbed.github", "--port", "0", "--root", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        server = RemoteControl(process.stdout.readline().strip())
        try:
            server.create_repository(SHOP, files={"version.txt": "1.0.0\n"})
            server.commit(SHOP, {"a": "b"}, branch="fix", by="dora")
            number = server.create_pull(SHOP, "fix")
            merged = server.merge(SHOP, number, method="squash")
            assert merged == server.head(SHOP)
            assert merged in git("ls-remote", server.git_url(SHOP, server.create_token("acme")), "main")
            with pytest.raises(ValueError, match="not a free"):
                server.create_repository(SHOP)
        finally:
            process.terminate()
    assert process.returncode == 0


def test_hundreds_of_merges_take_seconds(tmp_path: Path) -> None:
    with GitHubServer(tmp_path, validate=False) as server:
        server.create_repository(SHOP, files={"a": "b"})
        began = time.monotonic()
        merged = server.merge_many(SHOP, 100)
        assert time.monotonic() - began < 60
        assert server.log(SHOP)[0] == merged[-1]
        git(f"--git-dir={server.folder(SHOP)}", "fsck", "--strict", "--no-dangling")
