"""Notifications tick: one look of the sensor `notify` at one app."""

import time
from functools import partial

from dagster import DagsterInstance

from pipeline_defs.config import App, Home
from pipeline_defs.lineage.annotations import annotations_after
from pipeline_defs.lineage.runs.run_reader import RunReader
from pipeline_defs.lineage.store import Lineage
from pipeline_defs.notifications.apprise_sender import send
from pipeline_defs.notifications.notifier import Notifier
from pipeline_defs.notifications.outbox import Memory


def tell(instance: DagsterInstance, app: App, entry: str | None) -> tuple[str, str]:
    """Tell people what is new; gives a sentence about it, and the new entry."""
    memory = Memory.read(entry, time.time())
    reader, lineage = RunReader(instance, app), Lineage(instance)
    words = partial(annotations_after, instance, app.name)
    said = Notifier(app, reader, lineage, words, Home.find().page, send, time.time).notify(memory)
    return said, memory.model_dump_json(exclude_defaults=True)


def has_work(entry: str) -> bool:
    """Whether something waits to be sent."""
    return any(box.waiting for box in Memory.read(entry, time.time()).outboxes.values())
