"""The observer with PostgreSQL: it counts the same there, and answers while the database is away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline_defs.config import Home
from pipeline_defs.config.home import PROJECT
from tests.integration.observed import Observer, in_this_process, until
from tests.testbed import docker
from tests.testbed.checkout import CHECKOUT_LABEL, ID
from tests.testbed.container import LOOPBACK, free_port

NAME = f"shipline-{ID}-observing"


@pytest.fixture
def home(engine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose storage is a PostgreSQL in a container."""
    port = free_port()
    docker.docker("rm", "--force", "--volumes", NAME, check=False)
    docker.docker(
        "run", "--detach", "--name", NAME, "--label", CHECKOUT_LABEL, "--publish", f"{LOOPBACK}:{port}:5432",
        "--env", "POSTGRES_USER=shipline", "--env", "POSTGRES_DB=shipline", "--env", "POSTGRES_PASSWORD=a password",
        "postgres:15",
    )  # fmt: skip
    try:
        until(lambda: docker.succeeds("exec", NAME, "pg_isready", "-q", "-h", LOOPBACK, "-U", "shipline"))
        url = f"postgresql+psycopg2://shipline:a%20password@{LOOPBACK}:{port}/shipline"
        settings = f"{(PROJECT / 'dagster.yaml').read_text()}\nstorage:\n  postgres:\n    postgres_url: {url}\n"
        (tmp_path / "dagster.yaml").write_text(settings)
        for name in ("SHIPLINE_HOME", "DAGSTER_HOME"):
            monkeypatch.setenv(name, str(tmp_path))
        monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path / "apps"))
        yield Home(tmp_path)
    finally:
        docker.docker("rm", "--force", "--volumes", NAME, check=False)


@dg.op(name="shop_build", config_schema=bool)
def build(context: dg.OpExecutionContext) -> None:
    if not context.op_config:
        raise ValueError


@dg.job(name="shop_integrate", executor_def=dg.in_process_executor)
def job() -> None:
    build()


def config(*, well: bool) -> dict[str, Any]:
    """Whether a run is to go well."""
    return {"ops": {"shop_build": {"config": well}}}


def ended(home: Home, *, well: bool) -> None:
    """A run of one stage in the home's storage."""
    with dg.DagsterInstance.from_config(str(home.root)) as instance:
        job.execute_in_process(instance=instance, run_config=config(well=well), raise_on_error=False)


def test_what_has_not_begun_is_told_until_it_is_over(home: Home) -> None:
    with dg.DagsterInstance.from_config(str(home.root)) as instance, in_this_process(home) as observer:
        active = "shipline_runs_active"
        assert (observer.values(active), observer.value("shipline_run_queue_oldest_seconds")) == ({}, 0)
        run = instance.create_run_for_job(job, run_config=config(well=True))
        assert observer.values(active) == {("shop_integrate", "not_started"): 1}
        instance.report_run_canceled(run)
        assert observer.values(active) == {}
        assert observer.values("shipline_runs", "shipline_runs_total") == {("shop_integrate", "canceled"): 1}


def parts_that_stand_still(observer: Observer) -> list[str]:
    """Those that have to do with the storage; Shipline itself does not run here."""
    return [name for name in observer.health()[1] if name not in ("definitions", "page")]


@pytest.mark.thorough
def test_it_answers_while_the_database_is_away_and_goes_on_afterwards(home: Home) -> None:
    ended(home, well=True)
    with in_this_process(home) as observer:
        assert observer.values("shipline_runs", "shipline_runs_total") == {("shop_integrate", "success"): 1}
        docker.docker("stop", "--time", "5", NAME)
        until(lambda: observer.health() and parts_that_stand_still(observer) == ["storage"])
        said = observer.get("/health").json()["parts"]["storage"]
        assert said.startswith("Dagster's storage cannot be read: ")
        assert "a password" not in said
        assert observer.value("shipline_part_well", part="storage") == 0
        assert "shipline_runs" not in observer.families()

        docker.docker("start", NAME)
        until(lambda: "storage" not in observer.health()[1])
        ended(home, well=False)
        assert observer.values("shipline_runs", "shipline_runs_total") == {
            ("shop_integrate", "success"): 1,
            ("shop_integrate", "failure"): 1,
        }
        stages = "shipline_stage_duration_seconds"
        assert observer.value(stages, f"{stages}_count", outcome="failure", stage="build") == 1


def test_it_starts_while_the_database_is_away(home: Home) -> None:
    docker.docker("stop", "--time", "5", NAME)
    with in_this_process(home) as observer:
        assert parts_that_stand_still(observer) == ["storage"]
        docker.docker("start", NAME)
        until(lambda: "storage" not in observer.health()[1])
        assert observer.value("shipline_part_well", part="storage") == 1
