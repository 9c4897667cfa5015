"""Metrics collector: all of Shipline's, as Prometheus asks for them. What cannot be read is left out, and says so in
a metric of its own.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from dagster import DagsterInstance
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from pipeline_defs.config import Home
from pipeline_defs.config.apps_folder import AppsFolder
from pipeline_defs.observing import deployment_metrics, rate_limit_metrics, run_metrics, webhook_metrics
from pipeline_defs.observing.dagster_storage import Storage
from pipeline_defs.observing.metric_families import gauge
from pipeline_defs.observing.service_health import Health, HealthReport
from pipeline_defs.observing.tally import FILE, Tally

_log = logging.getLogger(__name__)

Source = tuple[str, Callable[[], Iterable[Metric]]]


class Metrics(Collector):
    """The metrics of one home. Each scrape asks few and small questions, however many runs there were."""

    def __init__(self, home: Home, storage: Storage, health: Health) -> None:
        """Counting goes on where an earlier process has ended."""
        self._home, self._storage, self._health = home, storage, health
        self._apps = AppsFolder(home.apps)
        self._tally = Tally.read(home.root / FILE)
        self._lock = threading.Lock()  # one scrape at a time: each goes on where the last one was

    def collect(self) -> Iterator[Metric]:
        """Everything that can be read now. Raises nothing."""
        with self._lock:
            look = self._health.report()
            yield from _of_look(look)
            sources = [*self._of_files(), *(self._of_storage() if look.has("storage") else ())]
            failed = []
            for name, read in sources:
                try:
                    yield from list(read())
                except Exception:  # of SQLite, Dagster or the database's driver: the others are told all the same
                    _log.exception("the metrics of %s cannot be read", name)
                    failed.append(name)
            self._keep()
            yield gauge(
                "shipline_source_readable",
                "1 where a kind of metrics could be read, 0 where not and it is left out; the log of observe says why.",
                ("source",),
                (([name], name not in failed) for name, _ in sources),
            )

    def describe(self) -> list[Metric]:
        """None beforehand: to register it asks nothing."""
        return []

    def _of_files(self) -> list[Source]:
        return [
            ("apps", self._wrong_files),
            ("deliveries", lambda: webhook_metrics.families(self._home.deliveries / "deliveries.db", self._tally)),
            ("budgets", lambda: rate_limit_metrics.families(self._home.root, self._apps.apps().values())),
        ]

    def _of_storage(self) -> list[Source]:
        instance: DagsterInstance = self._storage.instance()
        return [
            ("runs", lambda: run_metrics.families(instance, self._tally, self._apps.apps().values())),
            ("deployments", lambda: deployment_metrics.families(instance, self._apps.apps().values())),
        ]

    def _wrong_files(self) -> Iterator[Metric]:
        wrong = len(self._apps.errors())
        yield gauge(
            "shipline_app_files_wrong", "Apps' files that cannot be used; their apps do nothing.", (), [((), wrong)]
        )

    def _keep(self) -> None:
        try:
            self._tally.write(self._home.root / FILE)
        except OSError as error:  # what was counted is told all the same, until this process ends
            _log.warning("what was counted cannot be kept: %s", error)


def _of_look(look: HealthReport) -> Iterator[Metric]:
    """What a look at the parts says."""
    now = time.time()
    yield gauge(
        "shipline_part_well",
        "1 while a part of Shipline does well, 0 while it stands still; /health says why.",
        ("part",),
        (([part.name], part.is_well) for part in look.parts),
    )
    yield gauge(
        "shipline_daemon_heartbeat_age_seconds",
        "Seconds since the last heartbeat of each kind of Dagster's daemons; one comes every 30 s.",
        ("daemon",),
        (([sign.name], age) for sign in look.daemons if (age := sign.age(now)) is not None),
    )
    yield gauge(
        "shipline_sensor_tick_age_seconds",
        "Seconds since the last tick of each sensor that is switched on began.",
        ("sensor",),
        (([sign.name], age) for sign in look.sensors if (age := sign.age(now)) is not None),
    )
    yield gauge(
        "shipline_sensor_interval_seconds",
        "Seconds that a sensor leaves at least between two ticks.",
        ("sensor",),
        (([sign.name], sign.interval) for sign in look.sensors),
    )
