"""What a compose file is refused for, from what the server printed: each sentence names the service and the line to write."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.config.database import Database
from pipeline_defs.config.route import Route
from pipeline_defs.server.compose.rendered_compose import read_rendered
from pipeline_defs.server.compose_rules import Findings, problems
from pipeline_defs.server.core.site import Site
from tests.unit.sample import example, with_environment

REPOSITORY = "registry.example.org/team/shop"
CONTAINERS = """
# container shop-production-web-1|shop-production|web|0.0.0.0:8080->8000/tcp, :::8080->8000/tcp
# container blog-web-1|blog|web|127.0.0.1:9000->80/tcp, 0.0.0.0:9100-9102->9100-9102/tcp
# container old|||0.0.0.0:53->53/udp
# container sleeping|blog|x|
# volume shop_pg
# network edge
# listens 00000000:0016
# listens 0100007F:1538
# listens 00000000000000000000000000000000:1F90
"""
ROUTER = "# container shipline-router|||0.0.0.0:80->80/tcp, :::80->80/tcp\n"
DB = {"image": "postgres:15"}


def found(
    compose: Mapping[str, Any],
    *,
    said: str = "",
    written: str = "",
    where: str = "production",
    known: bool = False,
    **keys: Any,
) -> Findings:
    """What is found in a compose file, in an environment of the example app with these keys changed."""
    app = with_environment(example(), where, **keys)
    text = f"{CONTAINERS}{said}{yaml.safe_dump(dict(compose))}"
    site = Site.of(app, where)
    return problems(read_rendered(text, site, {"production.yml": written.encode()}), site, REPOSITORY, known=known)


def file(**services: Any) -> dict[str, Any]:
    """A compose file with these services beside an ordinary web and db."""
    return {"services": {"web": {"image": "shop"}, "db": DB, **services}}


def web(**keys: Any) -> dict[str, Any]:
    return file(web={"image": "shop", **keys})


def published(number: str, **more: Any) -> list[dict[str, Any]]:
    return [{"target": 8000, "published": number, "protocol": "tcp", **more}]


ROUTED = {"route": Route()}
WITH_WORKER = {"also": ("worker",)}


@pytest.mark.parametrize(
    ("compose", "keys", "sentence"),
    [
        ({"services": {"web": {"image": "shop"}}}, {}, "it has no service db, which database.service names; its services are web"),
        (file(), WITH_WORKER, "it has no service worker, which also names"),
        (
            {**web(configs=[{"source": "a", "target": "/a"}]), "configs": {"a": {"external": True}}},
            {},
            "configs.a is external, which only a swarm has; write file: ./PATH",
        ),
        (
            {**web(secrets=["token"]), "secrets": {"token": {"environment": "NOBODY"}}},
            {},
            "secrets.token takes the variable NOBODY from outside, and nothing sets it; set it under environment or secrets of",
        ),
        (file(llm={"provider": {"type": "model"}}), {}, "the service llm has provider, which is no container"),
        (web(models={"llm": None}), {}, "the service web has models, which is no container"),
        (
            file(db={**DB, "tmpfs": ["/var/lib/postgresql:size=1g"]}),
            {},
            "the service db keeps its data in memory (tmpfs at /var/lib/postgresql), so it is lost when its container is replaced",
        ),
        (web(profiles=["app"]), {}, "the service web is in the profile app, which nothing activates"),
        (web(profiles=["app"]), {}, "COMPOSE_PROFILES: app under environment of production"),
        (web(scale=0), {}, "the service web has 0 replicas, so it would not be started"),
        (
            file(proxy={"image": "nginx", "depends_on": {"web": {"condition": "service_completed_successfully"}}}),
            {},
            "the service web has to go on running, and proxy waits until it has ended",
        ),
        (web(environment={"DEBUG": None}), {}, "the service web takes the variable DEBUG from outside, and nothing sets it"),
        (file(worker={"image": "shop"}), {}, "the service worker runs the app's image and is not named in the app's file"),
        (file(worker={"image": "shop"}), {}, "write also: [worker] in production"),
        (file(worker={"image": f"{REPOSITORY}:latest"}), {}, "the service worker runs the app's image"),
        (file(worker={"image": "shop:old"}, mail={"image": "shop"}), WITH_WORKER, "write also: [worker, mail]"),
        (
            {"services": {"web": {"build": {"context": "/r"}}, "job": {"build": {"context": "/r"}}, "db": DB}},
            {},
            "the service job runs the app's image",
        ),
        (file(proxy={"build": {"context": "/r/proxy"}}), {}, "the service proxy is built, and nothing is built on a server"),
        (web(pull_policy="always"), {}, "the service web has pull_policy: always"),
        (web(pull_policy="daily"), {}, "remove pull_policy"),
        (file(proxy={"image": "nginx", "pull_policy": "build"}), {}, "the service proxy has pull_policy: build"),
        (web(container_name="shop"), ROUTED, "the service web has container_name: shop, and with a route"),
        (web(ports=published("9999")), ROUTED, "the service web publishes the port 9999, and with a route"),
        (web(network_mode="host"), ROUTED, "where the router does not reach it; remove network_mode"),
        (web(network_mode="service:vpn"), ROUTED, "network_mode: service:vpn"),
        (web(deploy={"replicas": 2}), ROUTED, "the service web has 2 replicas, and the router passes requests on to one container"),
        (web(scale=3), ROUTED, "the service web has 3 replicas"),
        (web(hostname="shop"), ROUTED, "the service web has hostname: shop"),
        (web(networks={"front": {"ipv4_address": "10.5.0.5"}}), ROUTED, "the fixed address 10.5.0.5 in the network front"),
        (web(mac_address="02:42:ac:11:65:43"), ROUTED, "mac_address"),
        (web(scale=2, ports=published("9999")), {}, "has 2 replicas and publishes the port 9999, which only one of them can have"),
        (
            {**web(volumes=["data:/data"]), "volumes": {"data": {"external": True, "name": "none_such"}}},
            {},
            "the external volume none_such is not on the server; make it there with docker volume create none_such",
        ),
        (
            {**web(networks=["proxy"]), "networks": {"proxy": {"external": True}}},
            {},
            "the external network proxy is not on the server; make it there with docker network create proxy",
        ),
        (web(container_name="old"), {}, "a container of no compose project has that name on the server"),
        (web(container_name="sleeping"), {}, "a container of blog has that name on the server"),
        (web(ports=published("9000")), {}, "the service web publishes the port 9000, which the container blog-web-1 of blog has"),
        (web(ports=published("9101", host_ip="10.0.0.1")), {}, "the port 9101, which the container blog-web-1 of blog has"),
        (web(ports=published("53", protocol="udp")), {}, "the port 53, which the container old has"),
        (web(ports=published("22")), {}, "the port 22, on which another program of the server listens"),
        (web(ports=published("5432")), {}, "the port 5432, on which another program of the server listens"),
        (file(proxy={"image": "nginx", "ports": published("8080")}), {}, "the port 8080, which the running service web has"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_with_the_line_to_write(compose: Any, keys: dict[str, Any], sentence: str) -> None:
    [told] = [each for each in found(compose, **keys).refusals if sentence in each]
    assert told


@pytest.mark.parametrize(
    ("compose", "keys"),
    [
        (file(), {}),
        (web(ports=published("8080")), {}),  # held by the release that runs
        (web(ports=published("9000", host_ip="10.0.0.1")), {}),  # another address of the server
        (web(ports=published("5432", host_ip="10.0.0.1")), {}),
        (web(ports=["8000", "9000-9100:8000"]), {}),  # the Engine finds one that is free
        (web(ports=published("53")), {}),  # another protocol
        (web(profiles=["app"]), {"environment": {"COMPOSE_PROFILES": "x, app"}}),
        (file(worker={"image": "shop"}), WITH_WORKER),
        (file(tools={"image": "shop", "profiles": ["tools"]}), {}),
        (file(proxy={"image": "nginx", "build": {"context": "/r"}}), {}),  # its image is pulled
        (file(proxy={"image": "nginx", "pull_policy": "missing"}), {}),
        (web(build={"context": "/r"}), {}),
        (web(environment={"APP_VERSION": None, "EMPTY": ""}), {}),
        (web(container_name="shop", hostname="shop"), {}),
        (web(container_name="shop-production-web-1"), {}),
        (web(), ROUTED),
        ({**web(volumes=["data:/data"]), "volumes": {"data": {"external": True, "name": "shop_pg"}}}, {}),
        ({**web(networks=["proxy"]), "networks": {"proxy": {"external": True, "name": "edge"}}}, {}),
        ({**file(), "volumes": {"unused": {"external": True}}}, {}),
        ({**web(secrets=["a"]), "secrets": {"a": {"environment": "GIVEN"}}}, {"environment": {"GIVEN": "x"}}),
        ({**web(), "secrets": {"unused": {"external": True}}}, {}),
        (
            file(db={**DB, "tmpfs": "/var/lib/postgresql", "volumes": ["d:/var/lib/postgresql/data"]}),
            {},
        ),
        (file(db={**DB, "tmpfs": ["/tmp", "/run"], "environment": {"PGDATA": "/data/pg"}}), {}),
        (file(cache={"image": "redis", "tmpfs": ["/data"]}), {}),
        (web(network_mode="host"), {}),
        ({"services": {"web": {"image": "shop"}}}, {"database": None}),
        ({"services": {"web": {"image": "shop"}}}, {"database": Database(url={"env": "X"})}),
    ],
)
def test_what_can_run_is_not(compose: Any, keys: dict[str, Any]) -> None:
    assert found(compose, **keys).refusals == []


@pytest.mark.parametrize(
    ("compose", "note"),
    [
        (
            file(tools={"image": "shop", "profiles": ["tools"]}),
            "the service tools is in the profile tools and is not started",
        ),
        (file(proxy={"image": "nginx", "pull_policy": "always"}), "each deployment asks its registry for nginx"),
        (web(network_mode="host"), "the service web uses the host's network"),
    ],
)
def test_what_is_done_otherwise_than_one_may_expect_is_told(compose: Any, note: str) -> None:
    told = found(compose)
    assert told.refusals == []
    assert note in "".join(told.notes)


def test_a_rehearsal_does_not_use_the_host_s_network() -> None:
    told = found(web(network_mode="host"), where="staging")
    assert "it would share the ports and loopback of production" in told.refusals[0]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "# fails env file /opt/shipline/shop/production/releases/1.0.0-abc/ops/.env not found: stat /opt/x: no such file or directory",
            "the service web reads the env_file ops/.env, which is not in the release; name it under secret_files of production",
        ),
        (
            "# fails env file /etc/shop.env not found: stat /etc/shop.env: no such file or directory",
            "it reads the env_file /etc/shop.env, which is not in the release",
        ),
        (
            "# fails error while interpolating services.w.environment.[]: required variable KEY is missing a value: give it",
            "the variable KEY has no value (give it); set it under environment or secrets of production",
        ),
        (
            "# fails open /opt/shipline/shop/production/releases/1.0.0-abc/common.yml: no such file or directory",
            "it reads common.yml, which is not in the release; name it under files of production",
        ),
        (
            "# fails services.scale: can't set container_name and w as container name must be unique: invalid compose project",
            "Compose refuses it: services.scale: can't set container_name",
        ),
    ],
)  # fmt: skip
def test_what_compose_refuses_is_said_with_what_to_do(said: str, sentence: str) -> None:
    written = "services: {web: {image: shop, env_file: [./ops/.env]}}"
    told = found(file(), said=f"{said}\n", written=written)
    assert len(told.refusals) == 1
    assert sentence in told.refusals[0]


@pytest.mark.parametrize(
    "line",
    [
        'time="2026-11-30T08:17:41Z" level=warning msg="The \\"SECRET\\" variable is not set. Defaulting to a blank string."',
        "WARNING: The SECRET variable is not set. Defaulting to a blank string.",
        'WARN[0000] The "SECRET" variable is not set. Defaulting to a blank string.',
    ],
)
def test_a_variable_that_nothing_sets_is_named_once(line: str) -> None:
    written = "services: {web: {environment: {A: 'x${SECRET}'}}, db: {image: 'a:$SECRETS'}}"
    [told] = found(file(), said=f"# said {line}\n# fails {line}\n", written=written).refusals
    assert told == (
        "the variable SECRET is not set (used by web) and would be empty; set it under environment or secrets of production, "
        "or write ${SECRET:-} for an empty one"
    )


def test_a_file_that_is_none_is_refused() -> None:
    site = Site.of(example(), "production")
    for text in ("- a\n", "", "{"):
        [told] = problems(read_rendered(text, site, {}), site, REPOSITORY).refusals
        assert "Compose refuses it" in told


MYSQL = {"image": "mysql:8", "volumes": ["data:/var/lib/mysql"]}


@pytest.mark.parametrize(
    ("service", "keys", "told"),
    [
        (MYSQL, {}, "the service store (mysql) seems to keep data"),
        (MYSQL, {"database": None}, "name it under database of production, with commands"),
        ({"image": "registry.example.org/bitnami/mariadb-galera:10"}, {}, "seems to keep data"),
        ({"image": "redis:7", "volumes": ["data:/data"]}, {}, "the service store (redis) seems to keep data"),
        ({"image": "redis:7"}, {}, ""),
        ({"image": "prom/mysqld-exporter"}, {}, ""),
        ({"image": "nginx", "volumes": ["data:/x"]}, {}, ""),
    ],
)
def test_a_database_that_is_not_backed_up_is_told(service: dict[str, Any], keys: dict[str, Any], told: str) -> None:
    notes = [each for each in found(file(store=service), **keys).notes if "store" in each]
    assert [told in each for each in notes] == ([True] if told else [])
    assert found(file(store=service), where="staging").notes == found(file(), where="staging").notes


def test_a_service_that_is_to_end_is_not_started_again_by_the_engine() -> None:
    waits = {"image": "shop", "depends_on": {"seed": {"condition": "service_completed_successfully"}}}
    for restart, refused in (("always", True), ("unless-stopped", True), ("on-failure", False), ("no", False)):
        told = found(file(web=waits, seed={"image": "busybox", "restart": restart})).refusals
        assert any("so it would never have ended, and web waits until it has" in each for each in told) == refused


@pytest.mark.parametrize(
    "keys",
    [
        {"network_mode": "container:there"},
        {"pid": "container:there"},
        {"volumes_from": ["container:there:ro"]},
        {"external_links": ["there:db"]},
    ],
)
def test_a_container_of_somebody_else_that_a_service_needs_is_there(keys: dict[str, Any]) -> None:
    compose = file(side={"image": "busybox", **keys})
    (told,) = found(compose).refusals
    assert "of the container there, which is not on the server" in told
    assert found(compose, said="# container there|||\n").refusals == []


def test_pre_stop_is_refused_where_nobody_would_run_it() -> None:
    hook = web(pre_stop=[{"command": ["true"]}])
    assert any(
        "has pre_stop, which is not run where the router switches" in each for each in found(hook, **ROUTED).refusals
    )
    assert found(hook).refusals == []


def test_the_router_s_port_is_its_own() -> None:
    taken = found(web(ports=published("80")), said=ROUTER).refusals
    assert "on which the router of this server listens" in taken[0]
    assert found(web(), said=ROUTER, **ROUTED).refusals == []


def test_the_router_leaves_its_port_to_the_app_that_had_the_route_alone() -> None:
    own, others = f"{ROUTER}# routed shop-production\n", f"{ROUTER}# routed shop-production\n# routed blog\n"
    back, away = web(ports=published("80")), web()
    assert found(back, said=own, known=True, **ROUTED).refusals == found(back, said=own, known=True).refusals == []
    assert found(back, said=own).refusals == []
    assert "use a route instead" in found(back, said=own, **ROUTED).refusals[0]
    for told in (found(back, said=others, known=True, **ROUTED), found(back, said=others)):
        assert "and blog is reached through it" in told.refusals[0]
    running = "# container shop-production-web-1|shop-production|web|0.0.0.0:8080->8000/tcp\n"
    (told,) = found(away, said=running, known=True).refusals
    assert "people reach what runs now at 8080/tcp; to go back to it put the key route back" in told
    assert found(away, said=running).refusals == []


@pytest.mark.parametrize(
    ("port", "sentence"),
    [
        (9100, "which the container blog-web-1 of blog has"),
        (22, "on which another program of the server listens"),
    ],
)
def test_the_router_s_port_is_free_before_a_route_is_begun(port: int, sentence: str) -> None:
    host = example().environments["production"].host
    router = host.router.model_copy(update={"http": port})
    told = found(web(), hosts=(host.model_copy(update={"router": router}),), **ROUTED).refusals
    assert len(told) == 1
    assert sentence in told[0]
    assert "hosts.router.http" in told[0]


def test_the_router_gets_the_port_that_the_running_release_has() -> None:
    host = example().environments["production"].host
    hosts = (host.model_copy(update={"router": host.router.model_copy(update={"http": 8080})}),)
    assert found(web(), hosts=hosts, **ROUTED).refusals == []
    proxy = "# container shop-production-proxy-1|shop-production|proxy|0.0.0.0:8080->80/tcp\n"
    assert found(web(), said=proxy, hosts=hosts, **ROUTED).refusals == []  # it ends with the older release
    (told,) = found(
        file(web=web()["services"]["web"], proxy={"image": "nginx"}), said=proxy, hosts=hosts, **ROUTED
    ).refusals
    assert "the running service proxy publishes, and this release has that service, too" in told
    both = file(web=web()["services"]["web"], proxy={"image": "nginx", "ports": published("8080")})
    told = found(both, hosts=hosts, **ROUTED)
    assert any(
        "the service proxy publishes the port 8080, on which the router is to listen" in each for each in told.refusals
    )


def test_a_release_that_ran_before_is_refused_only_for_what_keeps_it_from_starting() -> None:
    told = found(web(pull_policy="always", environment={"X": None}, scale=2), known=True, **ROUTED)
    assert told.refusals == []
    assert found(web(ports=published("9000")), known=True).refusals
    older = web(ports=published("8080"))
    assert found(older, known=True, also=("worker",)).refusals == []  # a service that is newer than the release
    assert found(file(proxy={"image": "nginx", "ports": published("8080")}), known=True).refusals == []


def test_a_service_of_other_hosts_is_not_looked_at() -> None:
    app = with_environment(example(), "production", also=("worker",), database=None)
    site = Site(
        "shop", "production", app.environments["production"].model_copy(update={"also": ()}), elsewhere=("worker",)
    )
    look = read_rendered(
        f"{CONTAINERS}{json.dumps(file(worker={'image': 'shop', 'ports': published('9000')}))}", site, {}
    )
    assert problems(look, site, REPOSITORY).refusals == []


def test_a_masked_name_is_not_missed() -> None:
    masked = 'services: {web: {image: shop}, "***": {image: "***:15"}}\n'
    site = Site.of(example(), "production")
    assert problems(read_rendered(masked, site, {}), site, REPOSITORY).refusals == []


def test_several_refusals_are_one_sentence_each() -> None:
    told = found(web(pull_policy="always", container_name="a"), **ROUTED)
    assert told.sentence("production.yml").startswith("production.yml: (1) the service web has pull_policy")
    assert "(2) the service web has container_name" in told.sentence("production.yml")


keys = st.fixed_dictionaries(
    {},
    optional={
        "container_name": st.just("a"),
        "hostname": st.just("b"),
        "scale": st.integers(2, 3),
        "pull_policy": st.sampled_from(["always", "build", "daily"]),
        "network_mode": st.sampled_from(["host", "none"]),
        "mac_address": st.just("02:42:ac:11:65:43"),
        "ports": st.just(published("9999")),
    },
)


@given(keys)
def test_each_key_that_keeps_two_containers_apart_is_named(given: dict[str, Any]) -> None:
    told = " ".join(found(web(**given), **ROUTED).refusals)
    words = {"scale": "replicas", "ports": "publishes the port 9999"}
    assert all(words.get(key, key) in told for key in given)
    assert bool(told) == bool(given)
