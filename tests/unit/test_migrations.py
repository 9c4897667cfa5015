"""Migrations, read from Alembic's own lines."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.evidence import Migration
from pipeline_defs.release.migrations import read_migrations

LINES = [
    (0.5, "INFO  Context impl PostgresqlImpl."),
    (1.0, "INFO  Running upgrade  -> 0001, products, customers, orders"),
    (1.2, "INFO  [alembic.runtime.migration] Running upgrade 0001 -> ae1027a6acf, a -> b, c"),
    (1.3, "NOTICE:  something"),
    (4.0, "Running upgrade ae1027a6acf, 27c6a30d7c24 -> 3512b954651e"),
]


def test_each_migration_lasts_until_the_next_one_begins() -> None:
    assert read_migrations(LINES, 4.5) == (
        Migration(before="", after="0001", seconds=0.2),
        Migration(before="0001", after="ae1027a6acf", seconds=2.8),
        Migration(before="ae1027a6acf, 27c6a30d7c24", after="3512b954651e", seconds=0.5),
    )


def test_another_tool_s_lines_tell_of_none() -> None:
    assert read_migrations([(0.0, "migrating 12 files"), (1.0, "done")], 2.0) == ()


revisions = st.text("0123456789abcdef_", min_size=1, max_size=12)


@given(st.lists(st.tuples(st.floats(0, 1e6), revisions, revisions, st.text(max_size=9)), max_size=5), st.floats(0, 1e6))
def test_no_migration_is_lost_and_none_lasts_less_than_nothing(
    told: list[tuple[float, str, str, str]], end: float
) -> None:
    lines = [(at, f"INFO  Running upgrade {old} -> {new}, {' '.join(text.split())}") for at, old, new, text in told]
    found = read_migrations(lines, end)
    assert [(each.before, each.after) for each in found] == [(old, new) for _, old, new, _ in told]
    assert all(each.seconds >= 0 for each in found)
