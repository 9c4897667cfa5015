"""App pauses: apps for which nothing is started by itself, because a person said so. What happens meanwhile is handled afterwards."""

from collections.abc import Collection

from dagster import DagsterInstance
from pydantic import ValidationError

from pipeline_defs.release.pause import Pause
from pipeline_defs.runtime.automation.entries import PAUSED, read_entries, write_entries


def read_pauses(instance: DagsterInstance, apps: Collection[str]) -> dict[str, Pause]:
    """Those of these apps that are paused."""
    return pauses_in(read_entries(instance, apps, PAUSED)[PAUSED])


def pauses_in(entries: dict[str, str]) -> dict[str, Pause]:
    """The same from entries that were read already. One that cannot be read counts as a pause."""
    return {app: _read(text) for app, text in entries.items()}


def write_pause(instance: DagsterInstance, app: str, pause: Pause | None) -> None:
    """Pause an app, or with None resume it."""
    write_entries(instance, PAUSED, {app: pause.model_dump_json() if pause else ""})


def _read(text: str) -> Pause:
    try:
        return Pause.model_validate_json(text)
    except ValidationError:
        return Pause(actor="somebody", reason="the record of the pause cannot be read", at="")
