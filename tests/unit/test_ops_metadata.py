"""What Dagster shows of a rehearsal: tables for people, numbers that are drawn, and the record itself as JSON."""

from typing import Any

import dagster as dg
import pytest

from pipeline_defs.lineage.events import environment_key, image_key
from pipeline_defs.lineage.metadata import deployment_metadata, links, rehearsal_metadata
from pipeline_defs.release.byte_size import size
from pipeline_defs.release.evidence import Copy, Failure, Migration, StepTiming, TestCounts, Verdict, WayBack
from pipeline_defs.release.migrations import led
from pipeline_defs.release.records import Deployment, DeploymentKind, Image, Outcome, Rehearsal
from tests.unit import sample

MIGRATIONS = (Migration(before="0002", after="0003", seconds=1.25), Migration(before="0003", after="0004", seconds=0.5))
COPY = Copy(
    bytes=123_456_789,
    dump_bytes=2_000_000,
    tables=3,
    rows=1_234_567,
    backup_seconds=4.5,
    restore_seconds=9.25,
    sanitized=True,
)
WAY_BACK = WayBack(
    verdict=Verdict.NEEDS_DOWNGRADE,
    version="1.4.1",
    digest="sha256:" + "c" * 64,
    revision="0002",
    reason="step way back e2e: 1 of 9 failed | `name`",
)


def rehearsal(**more: Any) -> Rehearsal:
    """A rehearsal that passed."""
    known: dict[str, Any] = {
        "id": "20260131T120000Z-1a2b3c4d",
        "release": sample.release(),
        "environment": "staging",
        "outcome": Outcome.SUCCEEDED,
        "started": "2026-01-31T12:00:00+00:00",
        "seconds": 30.5,
        "run": "run-1",
        **more,
    }
    return Rehearsal(**known)


def shown(row: Rehearsal) -> dict[str, Any]:
    """{entry: what it shows}."""
    return {name: value.value for name, value in rehearsal_metadata(row).items()}


def test_migrations_are_a_table_with_the_seconds_of_each() -> None:
    row = rehearsal(revision_before="0002", revision="0004", migrations=MIGRATIONS)
    assert shown(row)["migrations"].splitlines() == [
        "0002 -> 0004 in 1.8 s",
        "",
        "| from | to | seconds |",
        "| --- | --- | ---: |",
        "| 0002 | 0003 | 1.2 |",
        "| 0003 | 0004 | 0.5 |",
    ]


def test_the_copy_is_told_with_its_sizes_and_whether_its_rows_were_found_again() -> None:
    proved = rehearsal(copied=COPY, steps=(StepTiming(step="counts", seconds=0.2),))
    assert shown(proved)["copy"].splitlines()[2:] == [
        "| database | 117.7 MiB |",
        "| dump | 1.9 MiB |",
        "| tables | 3 |",
        "| rows | 1,234,567, all found again in the copy |",
        "| backup | 4.5 s |",
        "| restore | 9.2 s |",
        "| sanitized | yes |",
    ]
    wrong = rehearsal(copied=COPY, steps=(StepTiming(step="counts", seconds=0.2, outcome="failed"),))
    assert "found again" not in shown(wrong)["copy"]


def test_only_a_rehearsal_that_passed_says_that_there_was_nothing_to_copy() -> None:
    assert shown(rehearsal())["copy"].startswith("none")
    assert "copy" not in shown(rehearsal(outcome=Outcome.STARTED))
    assert "copy" not in shown(rehearsal(outcome=Outcome.FAILED))


def test_the_verdict_has_its_reason_which_stays_in_its_cell() -> None:
    lines = shown(rehearsal(way_back=WAY_BACK))["way back"].splitlines()
    assert "| verdict | **needs downgrade** |" in lines
    assert "| at revision | 0002 |" in lines
    assert "| reason | step way back e2e: 1 of 9 failed \\| 'name' |" in lines


def test_what_is_drawn_over_time_is_a_number() -> None:
    metadata = rehearsal_metadata(rehearsal(copied=COPY, migrations=MIGRATIONS))
    drawn = {name: value.value for name, value in metadata.items() if isinstance(value, dg.FloatMetadataValue)}
    assert drawn == {
        "seconds": 30.5,
        "backup seconds": 4.5,
        "restore seconds": 9.25,
        "database MB": 123.457,
        "migration seconds": 1.75,
    }
    assert set(rehearsal_metadata(rehearsal())) & set(drawn) == {"seconds"}


def test_tests_are_a_table_and_name_what_failed() -> None:
    counts = TestCounts(tests=12, failures=1, seconds=3.1, failed=(Failure(name="test_cart", message="1 != 2"),))
    assert shown(rehearsal(tests=counts))["tests"].splitlines() == [
        "| passed | failed | broken | skipped | seconds |",
        "| ---: | ---: | ---: | ---: | ---: |",
        "| 11 | 1 | 0 | 0 | 3.1 |",
        "",
        "- `test_cart`: 1 != 2",
    ]


def test_the_record_itself_is_there_as_json() -> None:
    row = rehearsal(copied=COPY, migrations=MIGRATIONS, way_back=WAY_BACK)
    assert Rehearsal.model_validate(shown(row)["rehearsal"]) == row
    deployed = Deployment(
        id="1",
        kind=DeploymentKind.DEPLOY,
        release=sample.release(),
        environment="production",
        outcome=Outcome.SUCCEEDED,
        started="2026-01-31T12:00:00+00:00",
        revision_before="0002",
        revision="0004",
    )
    metadata = deployment_metadata(deployed)
    assert (metadata["revision before"].value, metadata["revision"].value) == ("0002", "0004")
    assert Deployment.model_validate(metadata["deployment"].value) == deployed


@pytest.mark.parametrize(
    ("before", "after", "migrations", "said"),
    [
        ("0002", "0004", MIGRATIONS, "0002 -> 0004 in 1.8 s"),
        (None, None, MIGRATIONS, "0002 -> 0004 in 1.8 s"),
        (None, "0001", (Migration(before="", after="0001", seconds=0.1),), "nothing -> 0001 in 0.1 s"),
        ("0004", "0004", (), "none: the database is at 0004 already"),
        ("0002", "0004", (), "0002 -> 0004"),
        (None, "0004", (), "the database is at 0004"),
        (None, None, (), ""),
    ],
)
def test_migrations_in_one_line(
    before: str | None, after: str | None, migrations: tuple[Migration, ...], said: str
) -> None:
    assert led(before, after, migrations) == said


def test_the_copy_and_the_way_back_in_one_line() -> None:
    said = "1,234,567 rows in 3 tables, database 117.7 MiB, dump 1.9 MiB, restored in 9.2 s, sanitized"
    assert str(COPY) == said
    assert str(Copy(restore_seconds=1)) == "restored in 1.0 s"
    assert WAY_BACK.brief == "way back to 1.4.1: needs downgrade to 0002"
    assert str(WAY_BACK) == f"{WAY_BACK.brief}, because {WAY_BACK.reason}"


@pytest.mark.parametrize(
    ("bytes", "said"), [(None, ""), (0, "0.0 KiB"), (2**20, "1.0 MiB"), (5 * 2**30, "5.0 GiB"), (2048, "2.0 KiB")]
)
def test_sizes(bytes: int | None, said: str) -> None:
    assert size(bytes) == said


def test_links_lead_to_the_commit_the_pull_request_and_the_environment() -> None:
    app = sample.example().model_copy(update={"repository": "acme/shop"})
    app = sample.with_environment(app, "staging", url="https://staging.example.org")
    commit = f"https://github.com/acme/shop/commit/{'c' * 40}"
    found = {name: value.value for name, value in links(app, rehearsal()).items()}
    made = {"image asset": image_key("shop")}
    assert found == {"commit page": commit, "environment": "https://staging.example.org", **made}
    image = Image(
        app="shop", repository="r", digest="sha256:a", version="1.4.2", commit="c" * 40, branch="main", tree="t",
        built_from="c" * 40, pull=7,
    )  # fmt: skip
    found = {name: value.value for name, value in links(app, image).items()}
    runs = {"runs in production": environment_key("shop", "production")}
    assert found == {"commit page": commit, "pull request": "https://github.com/acme/shop/pull/7", **runs}


def test_of_what_has_no_page_there_is_no_link() -> None:
    app = sample.with_environment(sample.example(), "staging", url=None)
    assert set(links(app, rehearsal())) == {"image asset"}
    assert set(links(app, rehearsal(environment="gone"))) == {"image asset"}


def test_a_failure_shows_what_the_containers_said_last() -> None:
    failed = rehearsal(last_words="no such table: ```users```")
    assert shown(failed)["containers said last"] == "```text\nno such table: ~~~users~~~\n```"
    assert "containers said last" not in shown(rehearsal())


def test_how_long_it_took_is_there_for_people_and_to_be_drawn() -> None:
    found = shown(rehearsal(seconds=200.4))
    assert (found["seconds"], found["took"]) == (200.4, "3 min 20 s")
