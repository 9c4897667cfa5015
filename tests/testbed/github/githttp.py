"""Clone, fetch and push over HTTP: git's own `git http-backend`, run as the CGI program it is."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.testbed.github import updates
from tests.testbed.github.access import Actor, allows, at_least, can_see
from tests.testbed.github.records import Repo
from tests.testbed.github.rest import Answer, ApiError
from tests.testbed.github.world import World

PATH = re.compile(r"/git/(?P<name>[^/]+/[^/]+?)(?:\.git)?(?P<rest>/.*)")
HOOKS = Path(__file__).parent / "git-hooks"
"""Outside the repositories, which may lie where nothing can be executed."""
MOST_TAGS = 3
"""A push of more tags sends no events for them: https://docs.github.com/webhooks/webhook-events-and-payloads#push"""
ASK = {"WWW-Authenticate": 'Basic realm="GitHub"'}


def serve(
    world: World, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, actor: Actor
) -> Answer:
    """Answer one request of a git client. The password is a token; a missing one is asked for with 401."""
    found = PATH.fullmatch(path)
    if not found:
        return Answer(b"Not Found", 404)
    try:
        repo = world.repo(found["name"])
    except ApiError:
        repo = None
    pushes = "git-receive-pack" in (found["rest"].rpartition("/")[2], query.removeprefix("service="))
    refused = _refused(repo, actor, pushes)
    if refused or repo is None:
        return refused or Answer(b"Repository not found.", 404)
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    if not (pushes and method == "POST"):
        return _backend(repo, method, found["rest"], query, headers, body, actor)
    with world.lock:
        before = repo.git.refs()
        answer = _backend(repo, method, found["rest"], query, headers, body, actor)
        after = repo.git.refs()
        changed = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
        silent = sum(name.startswith("refs/tags/") for name in changed) > MOST_TAGS
        for name in changed:
            announced = not (silent and name.startswith("refs/tags/"))
            updates.moved(world, repo, name, before.get(name), after.get(name), actor.user, announced=announced)
    return answer


def _refused(repo: Repo | None, actor: Actor, pushes: bool) -> Answer | None:
    if actor.token is None and (repo is None or repo.private or pushes):
        return Answer(b"Authentication required", 401, dict(ASK))
    if repo is None or not can_see(repo, actor) or not allows(actor, repo, "contents=read"):
        return Answer(b"Repository not found.", 404)
    if pushes and not allows(actor, repo, "contents=write"):
        who = actor.user.login if actor.user else "nobody"
        return Answer(f"Permission to {repo.full_name}.git denied to {who}.".encode(), 403)
    return None


def _backend(
    repo: Repo, method: str, rest: str, query: str, headers: Mapping[str, str], body: bytes, actor: Actor
) -> Answer:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_PROJECT_ROOT": str(repo.git.folder),
        "PATH_INFO": rest,
        "GIT_HTTP_EXPORT_ALL": "1",
        "REQUEST_METHOD": method,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_USER": actor.user.login if actor.user else "",
        "GIT_PROTOCOL": headers.get("git-protocol", ""),
        **_rules(repo, actor),
        # Settings of this machine or its user are none of the server's.
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "core.hooksPath",
        "GIT_CONFIG_VALUE_1": str(HOOKS),
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(fields.pop("Status", "200" if head else "500").split()[0])
    return Answer(content, status, fields)


def _rules(repo: Repo, actor: Actor) -> dict[str, str]:
    """The references the update hook guards, with a space around each. Admins may push directly, but not by force."""
    admin = actor.user is not None and actor.token and not actor.token.app and at_least(repo, actor.user, "admin")
    closed = [name for name, rules in repo.protections.items() if rules.pull_request_required and not admin]
    forward = [name for name, rules in repo.protections.items() if not rules.allow_force_pushes]
    return {
        variable: " ".join(["", *(f"refs/heads/{name}" for name in names), ""])
        for variable, names in (("STANDIN_PROTECTED", closed), ("STANDIN_FORWARD_ONLY", forward))
    }
