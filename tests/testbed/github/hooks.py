"""Webhooks of a repository: https://docs.github.com/rest/repos/webhooks"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.testbed.github import payloads
from tests.testbed.github.records import Delivery, Hook, Json, Repo, User
from tests.testbed.github.rest import Address, Answer, Call, invalid, iso, not_found, route

if TYPE_CHECKING:
    from tests.testbed.github.world import World

READ, WRITE = "repository_hooks=read", "repository_hooks=write"
HOOKS = "/repos/{owner}/{repo}/hooks"
DELIVERIES = HOOKS + "/{hook_id}/deliveries"
REDELIVERABLE = 3 * 24 * 3600
"""Seconds for which deliveries are listed and may be sent again."""


@route("GET", HOOKS, READ)
def list_hooks(call: Call) -> Answer:
    """All webhooks."""
    return call.page(list(call.repo.hooks.values()), lambda hook: hook_json(call.at, call.repo, hook))


@route("POST", HOOKS, WRITE)
def create_hook(call: Call) -> Answer:
    """Add a webhook; it is pinged at once."""
    body, config = call.body(), call.wanted("config", dict)
    if not config.get("url"):
        raise invalid("Hook", "url", "missing_field")
    if any(hook.url == config["url"] for hook in call.repo.hooks.values()):
        raise invalid("Hook", "url", "custom", "Hook already exists on this repository")
    form = config.get("content_type", "form")
    hook = add_hook(
        call.world, call.repo, config["url"], config.get("secret"), body.get("events") or ["push"], form, call.actor.user,
        active=body.get("active", True),
    )  # fmt: skip
    shown = hook_json(call.at, call.repo, hook)
    return Answer(shown, 201, {"Location": shown["url"]})


@route("GET", HOOKS + "/{hook_id}", READ)
def get_hook(call: Call) -> Json:
    """One webhook."""
    return hook_json(call.at, call.repo, _find(call))


@route("DELETE", HOOKS + "/{hook_id}", WRITE)
def delete_hook(call: Call) -> Answer:
    """Remove a webhook."""
    del call.repo.hooks[_find(call).id]
    return Answer(None, 204)


@route("GET", DELIVERIES, READ)
def list_deliveries(call: Call) -> Answer:
    """The newest first, by cursor."""
    since = call.world.now() - REDELIVERABLE
    found = [one for one in _find(call).deliveries[::-1] if one.delivered_at >= since]
    cursor, size = call.query.get("cursor"), min(100, max(1, call.number("per_page", 30)))
    if cursor:
        found = [one for one in found if str(one.id) <= cursor]
    links = {"next": {"cursor": str(found[size].id)}} if len(found) > size else {}
    return Answer([delivery_json(call.repo, one) for one in found[:size]], headers=call.links(links))


@route("GET", DELIVERIES + "/{delivery_id}", READ)
def get_delivery(call: Call) -> Json:
    """One delivery with what was sent and answered."""
    hook, one = _find_delivery(call)
    return full_delivery_json(call.repo, hook, one)


@route("POST", DELIVERIES + "/{delivery_id}/attempts", WRITE)
def redeliver(call: Call) -> Answer:
    """Send it again, with the same X-GitHub-Delivery."""
    call.world.deliveries.redeliver(*_find_delivery(call))
    return Answer({}, 202)


def add_hook(
    world: World,
    repo: Repo,
    url: str,
    secret: str | None,
    events: list[str],
    content_type: str,
    by: User | None,
    active: bool = True,
) -> Hook:
    """Add a webhook and ping it."""
    hook = Hook(world.id(), url, secret, events, content_type, world.now(), active)
    repo.hooks[hook.id] = hook
    world.deliveries.send(repo, "ping", lambda: payloads.ping(world, repo, hook, by), only=hook)
    return hook


def _find(call: Call) -> Hook:
    number = call.parts["hook_id"]
    if not number.isdigit() or int(number) not in call.repo.hooks:
        raise not_found()
    return call.repo.hooks[int(number)]


def _find_delivery(call: Call) -> tuple[Hook, Delivery]:
    hook = _find(call)
    for one in hook.deliveries:
        if str(one.id) == call.parts["delivery_id"] and one.delivered_at >= call.world.now() - REDELIVERABLE:
            return hook, one
    raise not_found()


def hook_json(at: Address, repo: Repo, hook: Hook) -> Json:
    """A webhook; its secret is never shown."""
    url = f"{at.repo(repo)}/hooks/{hook.id}"
    last = next((one for one in hook.deliveries[::-1] if one.status != "pending"), None)
    answered = {
        "code": last.status_code if last else None,
        "status": "unused" if last is None else "active" if 200 <= last.status_code < 300 else "failed",
        "message": last.status if last else None,
    }
    secret = {"secret": "********"} if hook.secret else {}
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": {"content_type": hook.content_type, "insecure_ssl": "0", "url": hook.url, **secret},
        "updated_at": iso(hook.created_at),
        "created_at": iso(hook.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": answered,
    }


def delivery_json(repo: Repo, one: Delivery) -> Json:
    """A delivery as the list shows it."""
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": iso(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": one.duration,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": None,
        "repository_id": repo.id,
        "throttled_at": None,
    }


def full_delivery_json(repo: Repo, hook: Hook, one: Delivery) -> Json:
    """A delivery with what was sent and answered."""
    return delivery_json(repo, one) | {
        "url": hook.url,
        "request": {"headers": one.request_headers, "payload": json.loads(one.body)},
        "response": {"headers": one.response_headers, "payload": one.response},
    }
