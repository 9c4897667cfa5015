"""Scrapes: how long one takes, the first, those after which nothing has happened, and one after runs have ended."""

import time
from statistics import median, quantiles

import dagster as dg
from dagster import DagsterInstance
from prometheus_client import CollectorRegistry, generate_latest

from benchmarks.lineage.figures import Figures
from benchmarks.lineage.ground import Ground
from pipeline_defs.observing.dagster_storage import Storage
from pipeline_defs.observing.metrics_collector import Metrics
from pipeline_defs.observing.service_health import Health

_TIMES = 50
_ENDED = 20


def measure(ground: Ground) -> Figures:
    """Seconds of a scrape, without code server and web server, which do not run here."""
    storage = Storage(ground.home)
    registry = CollectorRegistry()
    registry.register(Metrics(ground.home, storage, Health(storage, set, lambda: None)))
    instance = storage.instance()
    first = _seconds(registry)
    idle = [_seconds(registry) for _ in range(_TIMES)]
    for _ in range(_ENDED):
        _end_a_run(instance)
    after = _seconds(registry)
    return {
        "storage": ground.storage,
        "deployments": ground.truth.count,
        "runs": instance.get_runs_count(),
        "first_scrape_s": round(first, 3),
        "scrape_s": round(median(idle), 3),
        "scrape_p95_s": round(quantiles(idle, n=20)[-1], 3),
        f"scrape_after_{_ENDED}_runs_s": round(after, 3),
        "series": sum(not line.startswith(b"#") for line in generate_latest(registry).splitlines()),
    }


def _seconds(registry: CollectorRegistry) -> float:
    begun = time.monotonic()
    generate_latest(registry)
    return time.monotonic() - begun


def _end_a_run(instance: DagsterInstance) -> None:
    """A run of five small stages."""

    def stage(name: str) -> dg.OpDefinition:
        @dg.op(name=f"app00_{name}", ins={"after": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
        def small() -> None:
            pass

        return small

    @dg.job(name="app00_deploy", executor_def=dg.in_process_executor)
    def job() -> None:
        last: dict[str, object] = {}
        for name in ("lint", "build", "test", "push", "deploy"):
            last = {"after": stage(name)(**last)}

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job.execute_in_process(instance=instance, run_config=quiet)
