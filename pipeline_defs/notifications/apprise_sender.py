"""Apprise sender: a message to whatever an address of apprise names. The address is secret, and so is every part of it."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import apprise

from pipeline_defs.config import Secret, mask
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.notifications.notification import Notification, tame

SECONDS = 10.0
"""What a service gets to take a message."""

_WAYS = {
    "unknown": "is no address that apprise knows; see https://appriseit.com/services/ for how one is written",
}
_PARTS = re.compile(r"[/:@?&=,#]+")
_SHORTEST_PART = 6


class NotDelivered(ShiplineError):
    """A service did not take a message; the text is the end of a sentence, without the address."""


def send(to: Secret, notice: Notification) -> None:
    """Send a message and wait until the service has taken it. Raises NotDelivered."""
    with _listening() as heard:
        service = apprise.Apprise.instantiate(to.reveal().strip(), asset=_asset())
        if service is None:
            raise NotDelivered(_WAYS["unknown"])
        sender = apprise.Apprise(asset=_asset())
        sender.add(service)
        taken = sender.notify(
            body=notice.body or notice.title,
            title=notice.title,
            notify_type=notice.level.value,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=SECONDS,
        )
    if not taken:
        why = mask(heard[-1], _parts(to)) if heard else "it did not say why"
        raise NotDelivered(f"was not reached or refused it: {tame(why)}")


def _asset() -> apprise.AppriseAsset:
    """Text is sent as it is: nothing in it is a template, and no picture is fetched from elsewhere."""
    return apprise.AppriseAsset(
        app_id="Shipline",
        app_desc="Shipline",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        allow_templates=False,
        storage_mode="memory",
        service_timeout=SECONDS,
    )


def _parts(to: Secret) -> Iterator[Secret]:
    """The address and all of its parts, as a service may name its token alone."""
    yield to
    yield from (Secret(part) for part in _PARTS.split(to.reveal()) if len(part) >= _SHORTEST_PART)


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What apprise complains about meanwhile. It goes nowhere else, since it may hold parts of the address."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    log, ear = logging.getLogger("apprise"), Ear(logging.WARNING)
    log.propagate = False
    log.addHandler(ear)
    try:
        yield heard
    finally:
        log.removeHandler(ear)
