"""Shown versions: which version is where, as the lineage page shows it beside each asset and in its description.

Both are part of the definitions, which know nothing of what was deployed. So a sensor keeps the versions in a file of the home, and
when that has changed the definitions are read anew with them. It is for people to look at alone: nothing is decided by it.
"""

import json
import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path

from dagster import DagsterInstance, TextMetadataValue, TimestampMetadataValue

from pipeline_defs.config import App, Home
from pipeline_defs.lineage.events import environment_key, image_key, part_key, short

SINCE = "since"
"""The metadata key of when a release was deployed that serves on after a deployment which failed."""


def shown_versions(home: Path) -> dict[str, str]:
    """{asset: its version and since when}, as they were last kept in this home; empty where there is nothing to read."""
    try:
        found = json.loads(Home(home).shown_versions.read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def keep_shown_versions(home: Path, instance: DagsterInstance, apps: Collection[App]) -> None:
    """Write down which version is where now; a file that says so already is left alone."""
    now = {name: text for app in apps for name, text in _versions(instance, app)}
    if now != shown_versions(home):
        file = Home(home).shown_versions
        made = file.with_name(f".{file.name}.{os.getpid()}")
        made.write_text(json.dumps(now, indent=2))
        made.replace(file)


def _versions(instance: DagsterInstance, app: App) -> Iterator[tuple[str, str]]:
    """Of each asset what its newest materialization says, which is what the page itself calls materialized."""
    parts = [part_key(app.name, name) for name in app.images]
    for key in (image_key(app.name), *parts, *(environment_key(app.name, name) for name in app.environments)):
        event = instance.get_latest_materialization_event(key)
        made = event.asset_materialization if event is not None else None
        version = made.metadata.get("version") if made is not None else None
        digest = made.metadata.get("digest") if made is not None else None
        if event is not None and isinstance(version, TextMetadataValue) and isinstance(digest, TextMetadataValue):
            told = made.metadata.get(SINCE) if made is not None else None
            began = told.value if isinstance(told, TimestampMetadataValue) else event.timestamp
            since = datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%d %H:%M")
            yield key.to_user_string(), f"{version.value} ({short(digest.value or '')}) since {since} UTC"
