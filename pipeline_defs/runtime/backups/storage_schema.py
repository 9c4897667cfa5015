"""Storage schema: which revision Dagster's tables have, and how it stands to the Dagster that is installed here."""

from enum import StrEnum

from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster import DagsterInstance
from dagster._core.storage.sql import ALEMBIC_SCRIPTS_LOCATION

from pipeline_defs.config.base_error import ShiplineError


class State(StrEnum):
    """How tables stand to this Dagster."""

    NONE = "none"  # there are none yet
    SAME = "same"
    OLDER = "older"
    NEWER = "newer"


class OtherSchema(ShiplineError):
    """The tables are not those that this Shipline works with; the message is one sentence."""


def state(revision: str) -> State:
    """How tables of this revision stand to this Dagster. One that it does not know is of a later one."""
    config = Config()
    config.set_main_option("script_location", ALEMBIC_SCRIPTS_LOCATION)
    scripts = ScriptDirectory.from_config(config)
    if not revision:
        return State.NONE
    if revision == scripts.get_current_head():
        return State.SAME
    known = {script.revision for script in scripts.walk_revisions()}
    return State.OLDER if revision in known else State.NEWER


def require_same(instance: DagsterInstance, upgrade: str) -> None:
    """Raises OtherSchema unless the tables are those of this Dagster; `upgrade` is the command that makes older ones so.

    Left alone, Dagster would open older tables without a word and fail much later, at the first question they have no answer to.
    """
    states = {state(revision): revision for revision in _revisions(instance)}
    if newer := states.get(State.NEWER):
        raise OtherSchema(
            f"its tables are of a newer version ({newer}), which this Shipline does not know: "
            "use the newer Shipline again, or restore a backup from before its upgrade"
        )
    if older := states.get(State.OLDER):
        raise OtherSchema(f"its tables are of an older version ({older}): say {upgrade}, which makes a backup first")


def upgrade(instance: DagsterInstance) -> None:
    """Bring the tables to this Dagster's revision, by its own means. Raises what those raise, and OtherSchema for newer ones."""
    if any(state(revision) is State.NEWER for revision in _revisions(instance)):
        require_same(instance, "")
    instance.upgrade()


def _revisions(instance: DagsterInstance) -> set[str]:
    """One in PostgreSQL; in SQLite runs, events and schedules have one each."""
    storages = [instance.run_storage, instance.event_log_storage, instance.schedule_storage]
    found = [storage.alembic_version() for storage in storages if storage is not None]
    return {str(each[0]) for each in found if each is not None and each[0]}
