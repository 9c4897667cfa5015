"""Tick: one look of the sensor `<app>_notify`."""

import time
from functools import partial

import dagster as dg

from pipeline_defs.config import App, Home
from pipeline_defs.history import Lineage
from pipeline_defs.notices.notifier import Notifier
from pipeline_defs.notices.outbox import Memory
from pipeline_defs.notices.service import send
from pipeline_defs.reports.reading import RunReader
from pipeline_defs.words import words_after


def tick(context: dg.SensorEvaluationContext, app: App) -> dg.SensorResult:
    """Tell people what is new."""
    memory = Memory.read(context.cursor, time.time())
    reader, lineage = RunReader(context.instance, app), Lineage(context.instance)
    words = partial(words_after, context.instance, app.name)
    said = Notifier(app, reader, lineage, words, Home.find().page, send, time.time).look(memory)
    return dg.SensorResult(skip_reason=said, cursor=memory.model_dump_json(exclude_defaults=True))
