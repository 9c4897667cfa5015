"""Plans for one of several hosts: what is done once is done on the first."""

import json
from dataclasses import replace

import pytest

from pipeline_defs.config import Database, Host, SecretSource
from pipeline_defs.config.route import Route
from pipeline_defs.server.compose.bundle import configuration_hash, override
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.strategies import deploy_procedure, rollback_procedure
from tests.unit.sample import example, facts, release, task, with_environment

HOSTS = (Host(address="a"), Host(address="b"), Host(address="c", roles=("worker",)))
APP = with_environment(
    example(),
    "production",
    hosts=HOSTS,
    also=("worker",),
    database=Database(url=SecretSource(env="URL")),
    route=Route(),
)
LIVE = facts(running=release("1.4.1").reference, current=release("1.4.1"), folder="/opt/shop/releases/1.4.1")


@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_only_the_first_host_has_to_do_with_the_database(host: Host) -> None:
    of_database = {"backup", "migrate", "revision before", "revision", "downgrade", "noted"}
    given = task(APP, "production", host=host)
    forwards = {step.name for step in deploy_procedure.plan(given, LIVE)}
    back = {step.name for step in rollback_procedure.plan(given, LIVE)}
    first = host == HOSTS[0]
    assert forwards & of_database == ({"backup", "migrate", "revision before", "revision"} if first else set())
    assert back & of_database == ({"backup", "revision"} if first else set())


def test_a_host_without_the_main_service_has_no_route_and_no_tests() -> None:
    names = [step.name for step in deploy_procedure.plan(task(APP, "production", host=HOSTS[2]), LIVE)]
    assert names == [
        "snapshot",
        "files",
        "compose file",
        "images",
        "data",
        "services",
        "outside before",
        "pull",
        "start",
        "healthy",
        "reached",
        "switch",
        "tidy",
    ]
    assert {"route", "drain", "test", "e2e"} <= {
        step.name for step in deploy_procedure.plan(task(APP, "production", host=HOSTS[1]), LIVE)
    }


def test_services_that_run_elsewhere_are_pinned_too_and_none_of_them_is_started() -> None:
    given = {name: Site.of(APP, "production", host) for name, host in zip("abc", HOSTS, strict=True)}
    made = {name: json.loads(override(site, release(), {}))["services"] for name, site in given.items()}
    assert {name: services["web"].get("scale") for name, services in made.items()} == {"a": None, "b": None, "c": 0}
    assert made["c"]["web"]["image"] == release().reference
    assert "scale" not in made["c"]["worker"]


def test_a_release_is_the_same_whatever_host_it_is_for() -> None:
    whole = Site.of(APP, "production")
    assert str(whole).endswith("on root@a:22, root@b:22, root@c:22")
    turned = with_environment(APP, "production", hosts=HOSTS[:2])
    assert configuration_hash(whole, {}, {}) == configuration_hash(Site.of(turned, "production"), {}, {})
    assert replace(task(APP, "production"), host=HOSTS[1]).site.path() == whole.path()
