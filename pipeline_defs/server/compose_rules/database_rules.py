"""Database rules: a database that the app's file does not name is neither backed up nor copied, and somebody should know."""

import re

from pipeline_defs.server.compose.compose_model import ComposeModel, Service
from pipeline_defs.server.compose_rules.findings import Findings
from pipeline_defs.server.compose_rules.service_rules import active
from pipeline_defs.server.core.site import Site

DATABASES = re.compile(
    r"(mysql|mariadb|percona|mongo|postgres|postgis|pgvector|timescale|cockroach|clickhouse|influxdb|neo4j|couchdb|cassandra|redis|valkey)"
)
"""Found in the last part of the name of an image that keeps data of its own."""

_OF_CACHES = ("redis", "valkey")
"""Kept in memory unless a volume is mounted: without one nobody expects that it stays."""


def databases(model: ComposeModel, site: Site, found: Findings) -> None:
    """Tell of each service that seems to be a database and that `database` does not name. A rehearsal's is empty anyway."""
    config = site.config
    known = config.database.service if config.database and config.database.url is None else ""
    if config.rehearses:
        return
    for service in active(model, site):
        kind = kind_of(service)
        if not kind or service.name in (known, *site.services) or _tool(service):
            continue
        if kind in _OF_CACHES and not service.mounts:
            continue
        how = f"name it under database of {site.environment}, with commands" if not known else "back it up by yourself"
        found.note(
            f"the service {service.name} ({service.repository}) seems to keep data, which stays from release to release; it is not "
            f"backed up, and neither copied for rehearsals nor brought back by a rollback: {how}"
        )


def kind_of(service: Service) -> str:
    """Which database a service's image seems to be; empty for none."""
    seen = DATABASES.search(service.repository.rpartition("/")[2])
    return seen[0] if seen else ""


def _tool(service: Service) -> bool:
    """Whether it is a program for a database, such as an exporter or a backup, which keeps nothing itself."""
    return bool(re.search(r"exporter|backup|admin|express|proxy|bouncer|commander|insight", service.repository))
