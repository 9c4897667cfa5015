"""The storages of tests/data/old_storage, which a Dagster of two years ago made: 1.5.14, with the tables of that time."""

import sqlite3
from pathlib import Path

from dagster import AssetKey, DagsterInstance

FOLDER = Path(__file__).parents[1] / "data" / "old_storage"
POSTGRES = FOLDER / "postgres.sql"

STATUSES = ["SUCCESS", "FAILURE", "SUCCESS", "SUCCESS"]
"""Of its four runs, the newest first."""


def make_home(home: Path) -> None:
    """A home with SQLite's files as they were then."""
    for dump in (FOLDER / "sqlite").rglob("*.sql"):
        database = (home / dump.relative_to(FOLDER / "sqlite")).with_suffix(".db")
        database.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(database)
        connection.executescript(dump.read_text())
        connection.close()


def assert_all_is_there(instance: DagsterInstance) -> None:
    """Every run with its tags and events, every materialization, and new ones can be written."""
    runs = instance.get_runs()
    assert [run.status.value for run in runs] == STATUSES
    assert [run.tags["version"] for run in runs] == ["1.1.0", "1.2.0", "1.1.0", "1.0.0"]
    for run in runs:
        kinds = [entry.dagster_event_type.value for entry in instance.all_logs(run.run_id) if entry.dagster_event_type]
        assert kinds[0] == "PIPELINE_START"
        assert kinds[-1] in ("PIPELINE_SUCCESS", "PIPELINE_FAILURE")
    found = instance.fetch_materializations(AssetKey("blog_production"), limit=10).records
    versions = [record.asset_materialization.metadata["deployment"].value["release"]["version"] for record in found]
    assert versions == ["1.1.0", "1.1.0", "1.0.0"]
    instance.add_run_tags(runs[0].run_id, {"seen": "again"})
    assert instance.get_runs()[0].tags["seen"] == "again"
