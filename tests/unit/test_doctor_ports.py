"""Ports that two environments would publish on one host."""

from pipeline_defs.config import App
from pipeline_defs.config.route import Route
from pipeline_defs.doctor.commit_checks import shared_ports
from pipeline_defs.doctor.server_trial import Tried
from tests.unit.sample import example, with_environment

OTHER = example().model_copy(update={"name": "blog"})


ROUTED = with_environment(OTHER, "production", route=Route())


def place(app: App, environment: str, *ports: str, address: str = "a") -> Tried:
    """An environment of an app that would publish these ports on a host."""
    host = app.environments[environment].host.model_copy(update={"address": address})
    return Tried(app, environment, host, "c" * 40, "1.0.0", {}, {}, None, True, list(ports))


def test_one_port_of_two_environments_is_named() -> None:
    here = [
        place(example(), "staging", "8080", "9000"),
        place(example(), "production", "8080"),
        place(OTHER, "production", "9000"),
    ]
    told = [finding.says for finding in shared_ports(here)]
    assert told == [
        f"shop-staging and shop-production both publish the port 8080 on {here[0].host}",
        f"shop-staging and blog-production both publish the port 9000 on {here[0].host}",
    ]


def test_the_same_port_on_two_hosts_is_nobody_s_trouble() -> None:
    there = place(OTHER, "production", "8080", address="b")
    assert not list(
        shared_ports([place(example(), "production", "8080"), there, place(example(), "production", "8080")])
    )


def test_the_router_s_port_is_one_for_all_whom_it_serves_and_nobody_else_s() -> None:
    routed = place(ROUTED, "production")
    second = place(with_environment(example(), "production", route=Route()), "production")
    assert not list(shared_ports([routed, second]))
    [told] = shared_ports([routed, second, place(example(), "staging", "80", "8081")][::2])
    assert told.says == f"blog-production and shop-staging both publish the port 80 on {routed.host}"
