"""What the stand-in costs and tells whoever asks it again and again."""

from typing import Any

import pytest

from tests.integration.standin.asking import NOBODY, SHA_ONLY, SHOP, Client, connect, opened
from tests.testbed.github import GitHubServer


def test_the_sha_of_a_branch_is_its_etag_and_no_change_costs_nothing(shop: GitHubServer, api: Client) -> None:
    head = shop.head(SHOP)
    accept = {"Accept": SHA_ONLY}
    first = api("GET", "/commits/main", headers=accept)
    assert (first.text, first.headers["ETag"]) == (head, f'"{head}"')
    shop.reset_requests()
    for _ in range(3):
        again = api("GET", "/commits/main", headers=accept | {"If-None-Match": f'"{head}"'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["X-RateLimit-Remaining"] == first.headers["X-RateLimit-Remaining"]
    counts = shop.requests()
    assert (counts["total"], counts["billed"], counts["not_modified"]) == (3, 0, 3)
    assert counts["routes"] == {"GET /repos/{owner}/{repo}/commits/{ref}": 3}
    moved = shop.commit(SHOP, {"a": "b"})
    assert api("GET", "/commits/main", headers=accept | {"If-None-Match": f'"{head}"'}).text == moved


def test_pygithub_asks_again_with_the_etag(shop: GitHubServer, hub: Any) -> None:
    opened(shop)
    repo = connect(shop.url, shop.create_token("dora")).get_repo(SHOP)
    assert repo.update() is False
    etag = hub.requester.requestJsonAndCheck("GET", f"/repos/{SHOP}/pulls")[0]["etag"]
    status, _, body = hub.requester.requestJson("GET", f"/repos/{SHOP}/pulls", headers={"If-None-Match": etag})
    assert (status, body) == (304, "")


@pytest.mark.parametrize("change", ["identical", "ahead", "behind", "diverged"])
def test_compare_tells_a_forced_push(shop: GitHubServer, hub: Any, change: str) -> None:
    start = shop.head(SHOP)
    cursor = shop.commit(SHOP, {"one": "1"})
    if change in ("behind", "diverged"):
        shop.force_push(SHOP, "main", str(start))
    if change in ("ahead", "diverged"):
        shop.commit(SHOP, {"two": "2"})
    said = hub.compare(cursor, "main")
    assert said.status == change
    assert said.merge_base_commit.sha == (start if change in ("behind", "diverged") else cursor)


def test_compare_shows_at_most_250_commits_without_pages(shop: GitHubServer, api: Client) -> None:
    start = shop.head(SHOP)
    for number in range(255):
        shop.commit(SHOP, {"count": str(number)})
    said = api("GET", f"/compare/{start}...main").json()
    assert (said["total_commits"], said["ahead_by"], len(said["commits"])) == (255, 255, 250)
    page = api("GET", f"/compare/{start}...main?per_page=100&page=3")
    assert len(page.json()["commits"]) == 55 and page.json()["commits"][-1]["sha"] == shop.head(SHOP)


def test_activity_has_everything_that_happened_in_an_outage(shop: GitHubServer, api: Client) -> None:
    cursor = shop.head(SHOP)
    merged = shop.merge_many(SHOP, 3)
    shop.force_push(SHOP, "main", merged[0])
    last = shop.commit(SHOP, {"a": "b"})
    found, url = [], "/activity?ref=main&per_page=2"
    while url:
        page = api("GET", url)
        found += page.json()
        url = page.links.get("next", {}).get("url", "")
    kinds = ["push", "force_push", "pr_merge", "pr_merge", "pr_merge", "branch_creation"]
    assert [one["activity_type"] for one in found] == kinds
    assert (found[0]["after"], found[1]["before"], found[1]["after"]) == (last, merged[2], merged[0])
    assert (found[4]["before"], found[-1]["before"], found[-1]["ref"]) == (cursor, NOBODY, "refs/heads/main")
    assert {one["actor"]["login"] for one in found} == {"acme"}
    forced = api("GET", "/activity?activity_type=force_push&direction=asc").json()
    assert [one["after"] for one in forced] == [merged[0]]
