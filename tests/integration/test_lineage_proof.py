"""What `make prove-lineage` measures, a little of each; and the index against a fold of everything that was written."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from benchmarks.lineage import measures, traces
from benchmarks.lineage.ground import Ground, ground
from benchmarks.lineage.home import SQLITE
from benchmarks.lineage.storing import store
from benchmarks.lineage.story import EUROPE, PRODUCTION, STAGING, Fact, tell
from benchmarks.lineage.truth import Truth
from pipeline_defs.lineage.store import INDEX, Lineage, open_lineage
from pipeline_defs.release.history import fold, rows, waiting
from pipeline_defs.release.quarantine import quarantine
from pipeline_defs.release.records import Deployment, Rehearsal

pytestmark = pytest.mark.thorough

DEPLOYMENTS = 240


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Three years of two apps."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SHIPLINE_HOME", "DAGSTER_HOME", "SHIPLINE_APPS"):
            patch.setenv(name, "")
        with ground(tmp_path_factory.mktemp("years"), SQLITE, 2, DEPLOYMENTS, print) as made:
            yield made


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    """The records of such years, in the order in which they are written."""
    return [fact for _, _, fact in tell(Truth(), 2, DEPLOYMENTS, datetime.now(UTC))]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def test_a_trace_says_what_happened_in_every_field(years: Ground) -> None:
    assert traces.measure(years, print, times=140) == {"traces_checked": 140, "trace_mismatches": 0}


def test_a_trace_that_is_wrong_is_noticed(years: Ground) -> None:
    told = next(each for each in years.truth.deployments["app00"] if each.outcome == "succeeded")
    other = Truth({"app00": [replace(told, actor="eve")]}, years.truth.rehearsals)
    with open_lineage(years.home) as lineage:
        found = traces.compare(Ground(years.home, SQLITE, other, years.now, 0.0), lineage, told, "id")
    assert found == [f"{told.id}: actor is {told.actor!r}, not 'eve'"]


def test_metrics_are_those_of_who_saw_it_happen(years: Ground) -> None:
    assert measures.measure(years, print) == {"metrics_checked": 12, "metrics_mismatches": 0}


@pytest.mark.parametrize(("batch", "settled"), [(2000, 60.0), (7, 60.0), (1, 0.0), (50, 500 * 86400.0)])
def test_the_index_tells_what_a_fold_of_everything_tells(
    instance: dg.DagsterInstance, facts: list[Fact], monkeypatch: pytest.MonkeyPatch, batch: int, settled: float
) -> None:
    """However many events are read at once, and whether or not they have settled: 500 days leave half of them unsettled."""
    monkeypatch.setattr("pipeline_defs.lineage.index.catch_up._BATCH", batch)
    monkeypatch.setattr("pipeline_defs.lineage.index.catch_up._SETTLED", settled)
    write(instance, facts)
    lineage = Lineage(instance)
    for app in ("app00", "app01"):
        for place in (STAGING, PRODUCTION, EUROPE):
            attempts = [
                fact for fact in facts
                if isinstance(fact, Deployment | Rehearsal) and (fact.release.app, fact.environment) == (app, place)
            ]  # fmt: skip
            whole = rows(fold(attempts), alive=set(), now=datetime.now(UTC))
            barred = quarantine(each for each in attempts if isinstance(each, Deployment))
            standing = lineage.environment_statuses([(app, place)])[app, place]
            assert lineage.newest(app, place) == whole
            assert lineage.newest(app, place, 5) == whole[:5]
            assert standing.rows[:1] == whole[:1]
            assert [row for row in standing.rows if row.live] == [row for row in whole if row.live]
            assert waiting(standing.rows) == waiting(whole)
            assert standing.quarantined == [each for each in barred if each.overtaken_by is None]


def test_an_index_that_is_removed_damaged_or_of_another_storage_is_made_anew(
    instance: dg.DagsterInstance, facts: list[Fact], tmp_path: Path
) -> None:
    write(instance, facts)
    whole = Lineage(instance).newest("app00", PRODUCTION)
    index = Path(instance.root_directory) / INDEX
    index.unlink()
    assert Lineage(instance).newest("app00", PRODUCTION) == whole
    index.write_bytes(b"no database " * 100)
    assert Lineage(instance).newest("app00", PRODUCTION) == whole
    (tmp_path / "other").mkdir()
    with dg.instance_for_test(temp_dir=str(tmp_path / "other")) as other:
        write(other, facts[:40])
        told = Lineage(other).newest("app00", PRODUCTION)
        for file in Path(instance.root_directory).glob(f"{INDEX}*"):
            shutil.copy(file, other.root_directory)
        assert Lineage(other).newest("app00", PRODUCTION) == told != whole


def write(instance: dg.DagsterInstance, facts: list[Fact]) -> None:
    """As a history that has just begun and goes back three years; what is not yet settled is so by its own time."""
    store(instance, [(moment(fact), number, fact) for number, fact in enumerate(facts)])


def moment(fact: Fact) -> datetime:
    return datetime.fromisoformat(fact.started if isinstance(fact, Deployment | Rehearsal) else fact.at)
