"""Entries: small texts in Dagster's storage, one for each app and kind. A sensor's cursor for one app is such an entry."""

from collections.abc import Collection, Mapping

from dagster import DagsterInstance

BRANCHES, GITHUB, REPORT, NOTIFY, DRIFT, CHAIN, RECOVER, FREEZE = (
    "branches", "github", "report", "notify", "drift", "chain", "recover", "freeze",
)  # fmt: skip
"""The kinds of sensors; each has one sensor of this name, for all apps."""

PAUSED = "paused"
"""The kind of entry that says who has paused an app."""

ALL = ""
"""The app of an entry that is for all apps."""


def read_entries(instance: DagsterInstance, apps: Collection[str], *kinds: str) -> dict[str, dict[str, str]]:
    """The entries of these kinds, {kind: {app: text}}; an app without one is left out. One question to the storage."""
    keys = {_key(kind, app): (kind, app) for kind in kinds for app in apps}
    found: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    if keys:
        for key, text in instance.daemon_cursor_storage.get_cursor_values(set(keys)).items():
            kind, app = keys[key]
            if text:
                found[kind][app] = text
    return found


def read_entry(instance: DagsterInstance, app: str, kind: str) -> str | None:
    """One entry; None where there is none."""
    return read_entries(instance, [app], kind)[kind].get(app)


def write_entries(instance: DagsterInstance, kind: str, entries: Mapping[str, str]) -> None:
    """Keep these entries, {app: text}; an empty text removes one."""
    for (
        app,
        text,
    ) in entries.items():  # one by one: of several at once Dagster drops the new ones where others are known
        instance.daemon_cursor_storage.set_cursor_values({_key(kind, app): text})


def _key(kind: str, app: str) -> str:
    return f"shipline/{kind}/{app}"
