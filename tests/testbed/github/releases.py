"""Releases: https://docs.github.com/rest/releases/releases"""

from __future__ import annotations

from urllib.parse import quote

from tests.testbed.github import updates
from tests.testbed.github.records import Json, Repo
from tests.testbed.github.rest import Address, Answer, Call, invalid, iso, not_found, route
from tests.testbed.github.shapes import node, user_json

READ, WRITE = "contents=read", "contents=write"
RELEASES = "/repos/{owner}/{repo}/releases"
TEXTS = ("name", "body", "target_commitish")


@route("POST", RELEASES, WRITE)
def create_release(call: Call) -> Answer:
    """Publish a release; a tag that is not there is made at `target_commitish`, unless the release is a draft."""
    body, repo, name = call.body(), call.repo, call.wanted("tag_name")
    if any(one["tag_name"] == name and not one["draft"] for one in repo.releases.values()):
        raise invalid("Release", "tag_name", "already_exists")
    number = call.world.id()
    release = {
        "id": number,
        "tag_name": name,
        "target_commitish": body.get("target_commitish") or repo.default_branch,
        "name": body.get("name"),
        "body": body.get("body"),
        "draft": bool(body.get("draft", False)),
        "prerelease": bool(body.get("prerelease", False)),
        "created_at": call.world.now(),
        "published_at": None,
        "author": call.actor.user,
    }
    _publish(call, release)
    repo.releases[number] = release
    shown = release_json(call.at, repo, release)
    return Answer(shown, 201, {"Location": shown["url"]})


def _publish(call: Call, release: Json) -> None:
    if release["draft"] or release["published_at"]:
        return
    ref = f"refs/tags/{release['tag_name']}"
    if call.repo.git.ref(ref) is None:
        sha = call.repo.git.resolve(release["target_commitish"])
        if sha is None:
            raise invalid("Release", "target_commitish")
        updates.move(call.world, call.repo, ref, sha, call.actor.user)
    release["published_at"] = call.world.now()


@route("GET", RELEASES, READ)
def list_releases(call: Call) -> Answer:
    """The newest first; drafts are for those who may write."""
    return call.page(list(call.repo.releases.values())[::-1], lambda one: release_json(call.at, call.repo, one))


@route("GET", RELEASES + "/latest", READ)
def get_latest(call: Call) -> Json:
    """The newest that is neither a draft nor a prerelease."""
    found = [one for one in call.repo.releases.values() if not one["draft"] and not one["prerelease"]]
    if not found:
        raise not_found()
    return release_json(call.at, call.repo, found[-1])


@route("GET", RELEASES + "/tags/{tag}", READ)
def get_release_by_tag(call: Call) -> Json:
    """The published release of a tag."""
    for one in call.repo.releases.values():
        if one["tag_name"] == call.parts["tag"] and not one["draft"]:
            return release_json(call.at, call.repo, one)
    raise not_found()


@route("GET", RELEASES + "/{release_id}", READ)
def get_release(call: Call) -> Json:
    """One release."""
    return release_json(call.at, call.repo, _find(call))


@route("PATCH", RELEASES + "/{release_id}", WRITE)
def update_release(call: Call) -> Json:
    """Change a release, or publish a draft."""
    release, body = _find(call), call.body()
    release |= {name: body[name] for name in (*TEXTS, "tag_name", "draft", "prerelease") if name in body}
    _publish(call, release)
    return release_json(call.at, call.repo, release)


@route("DELETE", RELEASES + "/{release_id}", WRITE)
def delete_release(call: Call) -> Answer:
    """Remove a release; its tag stays."""
    del call.repo.releases[_find(call)["id"]]
    return Answer(None, 204)


def _find(call: Call) -> Json:
    number = call.parts["release_id"]
    if not number.isdigit() or int(number) not in call.repo.releases:
        raise not_found()
    return call.repo.releases[int(number)]


def release_json(at: Address, repo: Repo, one: Json) -> Json:
    """A release."""
    url = f"{at.repo(repo)}/releases/{one['id']}"
    tag = quote(one["tag_name"])
    published = one["published_at"]
    return {
        **{name: value for name, value in one.items() if name != "author"},
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{at.web}/uploads/repos/{repo.full_name}/releases/{one['id']}/assets{{?name,label}}",
        "html_url": f"{at.page(repo)}/releases/tag/{tag}",
        "node_id": node("Release", one["id"]),
        "author": user_json(at, one["author"]),
        "immutable": False,
        "created_at": iso(one["created_at"]),
        "updated_at": iso(published or one["created_at"]),
        "published_at": iso(published) if published else None,
        "tarball_url": f"{at.repo(repo)}/tarball/{tag}" if published else None,
        "zipball_url": f"{at.repo(repo)}/zipball/{tag}" if published else None,
        "assets": [],
    }
