"""Rehearsal metadata: a rehearsal's record as Dagster shows it: migrations, the copy and the way back as tables, and
the numbers that are drawn.
"""

import dagster as dg

from pipeline_defs.lineage.events import PULL_REHEARSAL, REHEARSAL
from pipeline_defs.lineage.metadata.attempt_metadata import of_attempt
from pipeline_defs.lineage.metadata.tables import Metadata, numbers, pairs, table
from pipeline_defs.lineage.metadata.way_back_metadata import way_back
from pipeline_defs.release.byte_size import size
from pipeline_defs.release.evidence import Copy, Migration
from pipeline_defs.release.migrations import led
from pipeline_defs.release.records import Outcome, Rehearsal
from pipeline_defs.release.step_name import StepName

NO_COPY = "none: there was no database to copy yet"


def rehearsal_metadata(row: Rehearsal) -> Metadata:
    """A rehearsal's record, for people and as JSON."""
    entries = {**of_attempt(row), **_migrations(row), **_copy(row), **way_back(row.way_back), **_numbers(row)}
    entries |= {"rehearsed by": dg.MetadataValue.dagster_run(row.reused)} if row.reused else {}
    entries |= {"preview": dg.MetadataValue.url(row.preview.address)} if row.preview and row.preview.address else {}
    return entries | {PULL_REHEARSAL if row.pull else REHEARSAL: dg.MetadataValue.json(row.model_dump(mode="json"))}


def migrations_table(row: Rehearsal) -> str:
    """From which revision to which, and the seconds of each migration; empty where nothing is known of any."""
    said = led(row.revision_before, row.revision, row.migrations)
    if not row.migrations:
        return said
    return f"{said}\n\n{_each(row.migrations)}" if said else _each(row.migrations)


def _each(migrations: tuple[Migration, ...]) -> str:
    rows = [(each.before or "nothing", each.after or "?", f"{each.seconds:.1f}") for each in migrations]
    return table(("from", "to", "seconds:"), rows)


def _migrations(row: Rehearsal) -> Metadata:
    shown = migrations_table(row)
    return {"migrations": dg.MetadataValue.md(shown)} if shown else {}


def _copy(row: Rehearsal) -> Metadata:
    if row.copied is not None:
        proved = any(step.step == StepName.COUNTS and step.outcome == "done" for step in row.steps)
        return {"copy": dg.MetadataValue.md(_copy_table(row.copied, proved=proved))}
    # Only a rehearsal that passed knows that there was nothing: any other may not have come so far.
    return {"copy": dg.MetadataValue.md(NO_COPY)} if row.outcome is Outcome.SUCCEEDED else {}


def _copy_table(copied: Copy, *, proved: bool) -> str:
    return pairs(
        {
            "database": size(copied.bytes),
            "dump": size(copied.dump_bytes),
            "tables": "" if copied.tables is None else f"{copied.tables:,}",
            "rows": ""
            if copied.rows is None
            else f"{copied.rows:,}{', all found again in the copy' if proved else ''}",
            "backup": f"{copied.backup_seconds:.1f} s",
            "restore": f"{copied.restore_seconds:.1f} s",
            "sanitized": "yes" if copied.sanitized else "no",
        }
    )


def _numbers(row: Rehearsal) -> Metadata:
    """`seconds` is there already, as for any attempt."""
    copied = row.copied or Copy()
    return numbers(
        {
            "restore seconds": copied.restore_seconds if row.copied else None,
            "backup seconds": copied.backup_seconds if row.copied else None,
            "database MB": None if copied.bytes is None else round(copied.bytes / 1e6, 3),
            "migration seconds": sum(each.seconds for each in row.migrations) if row.migrations else None,
        }
    )
