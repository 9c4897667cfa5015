"""Webhook metrics: how fast GitHub's webhooks are acted on, and how many wait."""

import time
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric

from pipeline_defs.github.webhooks.inbox import Inbox
from pipeline_defs.observing.metric_families import gauge, histogram
from pipeline_defs.observing.tally import Tally

ACTED, SET_ASIDE = "acted", "set_aside"
"""What came of a delivery: its change was looked at and its run asked for, or the reason why not was written down."""

_SETTLED = 1.0  # seconds: several that are about the same are done at one time, and written one after the other


def families(file: Path, tally: Tally) -> Iterator[Metric]:
    """The metrics of an inbox, with what was done since the last look; none where there is no inbox. Raises sqlite3.Error."""
    if not file.exists():
        return
    inbox = Inbox(file)
    try:
        count(inbox, tally, time.time() - _SETTLED)
        waiting, oldest = inbox.waiting(), inbox.oldest()
    finally:
        inbox.close()
    yield histogram(
        "shipline_webhook_delivery_seconds",
        "From a delivery's receipt until its change was looked at and its run asked for (acted), or it was set_aside.",
        ("outcome",),
        (([outcome], seconds) for outcome, seconds in tally.deliveries.items()),
    )
    yield gauge("shipline_webhook_deliveries_waiting", "Deliveries that nobody has acted on yet.", (), [((), waiting)])
    yield gauge(
        "shipline_webhook_oldest_delivery_seconds",
        "For how long the delivery that waits longest has been waiting; 0 while none waits.",
        (),
        [((), max(time.time() - oldest, 0.0) if oldest else 0.0)],
    )


def count(inbox: Inbox, tally: Tally, until: float) -> None:
    """Bring the tally up to the deliveries that were done until then, in seconds since 1970."""
    for received, done, error in inbox.done_between(tally.delivered, until):
        tally.add_delivery(SET_ASIDE if error else ACTED, done - received)
        tally.delivered = done
