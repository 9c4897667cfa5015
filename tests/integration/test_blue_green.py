"""Deployments behind a route on a real server: nobody who asks is ever turned away."""

import http.client
import json
import socket
import ssl
import subprocess
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_defs.config.route import Certificate, Route, Router
from pipeline_defs.config.secret import SecretSource
from pipeline_defs.release.records import Outcome, Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import Command, Listener, Result, script
from pipeline_defs.server.core.task import Task
from pipeline_defs.server.rehearsal.rehearse_procedure import rehearse
from pipeline_defs.server.router import caddy
from pipeline_defs.server.state.facts import gather_facts
from pipeline_defs.server.strategies.deploy_procedure import deploy
from pipeline_defs.server.strategies.rollback_procedure import rollback
from tests.integration.procedures import Interrupted, InterruptingServer, images
from tests.support.load import Load
from tests.support.routed_shop import Routed, web
from tests.support.shop import Shop

pytestmark = pytest.mark.small_app


def test_deployments_and_rollbacks_fail_no_request(
    routed: Routed, server: Connection, first: Release, second: Release, broken: Release
) -> None:
    assert deploy(routed.task(first), server).error is None
    assert routed.version == "1.0.0"
    with Load(routed.url) as load:
        report = deploy(routed.task(second), server)
        assert report.error is None
        assert routed.version == "1.1.0"
        # what fails its tests never gets a request
        failed = deploy(routed.task(broken), server)
        assert failed.outcome is Outcome.FAILED and failed.error and "payments are live" in failed.error
        assert routed.version == "1.1.0"
        again = rollback(routed.task(None), server)
        assert again.error is None and again.live and again.live.version == "1.1.0"
        back = rollback(routed.task(first), server)
        assert back.error is None
        assert routed.version == "1.0.0"
    assert load.failed == []
    assert len(load.good) > 500
    versions = {json.loads(body)["version"] for body in load.bodies}
    assert versions == {"1.0.0", "1.1.0"}
    assert web(server) == ["running"]
    assert images(server, "shop-production") == {first.reference, "postgres:15"}


class Dying(InterruptingServer):
    """As after SIGKILL: once it is interrupted nothing is done any more, not even undone."""

    def run(self, command: Command, *, timeout: float, listen: Listener | None = None) -> Result:
        if self.step == "\0":
            raise Interrupted
        return super().run(command, timeout=timeout, listen=listen)


@pytest.mark.parametrize(
    "steps", [("drain",), pytest.param(("healthy", "migrate", "route", "switch", "drain"), marks=pytest.mark.thorough)]
)
def test_a_run_that_dies_at_any_step_leaves_the_site_up_and_the_next_one_goes_on(
    routed: Routed, server: Connection, first: Release, second: Release, steps: tuple[str, ...]
) -> None:
    quick = routed.bare()
    assert deploy(quick.task(first), server).error is None
    with Load(quick.url) as load:
        for step in steps:
            with pytest.raises(Interrupted):
                deploy(quick.task(second, run=f"killed at {step}"), Dying(server, step))
            recovered = rollback(quick.task(None, run=f"recovery of {step}"), server)
            assert recovered.error is None, step
            # the server may have made the switch before it was stopped
            expected = {"1.1.0"} if step == "drain" else {"1.0.0", "1.1.0"} if step == "switch" else {"1.0.0"}
            assert recovered.live and recovered.live.version == quick.version and quick.version in expected, step
            assert web(server) == ["running"], step
    assert load.failed == []
    facts = gather_facts(quick.site, server)
    assert facts.current and facts.current.version == "1.1.0" and facts.running == second.reference


@pytest.mark.thorough
def test_a_rehearsal_that_stays_is_reached_by_its_own_host_name(
    routed: Routed, server: Connection, first: Release, second: Release
) -> None:
    quick = routed.bare()
    assert deploy(quick.task(first), server).error is None
    route = Route(hosts=("staging.example.org",), health="/health")
    staging = quick.shop.app.environments["staging"]
    changed = staging.model_copy(update={"route": route, "keep_running": True, "hosts": quick.site.config.hosts})
    app = quick.shop.app.model_copy(update={"environments": {**quick.shop.app.environments, "staging": changed}})
    shop = Shop(quick.shop.bed, app, quick.shop.folder, quick.shop.said, quick.shop.alive)
    for release in (first, second):  # the second takes the first down
        report = rehearse(shop.task("staging", release, source=routed.source), server, quick.site)
        assert report.error is None
        request = urllib.request.Request(quick.url, headers={"Host": "staging.example.org"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["version"] == release.version
    assert quick.version == "1.0.0"


@pytest.mark.thorough
def test_router_and_containers_come_back_after_a_restart(routed: Routed, server: Connection, first: Release) -> None:
    quick = routed.alone()
    assert deploy(quick.task(first), server).error is None
    restart = "docker restart -t 1 shipline-router >/dev/null; for n in $(seq 40); do docker exec shipline-router " \
        "wget -qO- --header 'Host: x' http://127.0.0.1:2020/health && exit 0; sleep 0.3; done; exit 1"  # fmt: skip
    assert server.run(script(restart), timeout=60).ok
    assert quick.version == "1.0.0"
    server.run(script("docker rm -f shipline-router"), timeout=60)  # its volume stays
    assert rollback(quick.task(None), server).error is None
    assert quick.version == "1.0.0"


def test_what_keeps_two_containers_from_running_is_said_before_anything_is_changed(
    routed: Routed, server: Connection, first: Release
) -> None:
    quick = routed.bare()
    file = routed.source / "production.yml"
    file.write_text(
        file.read_text().replace(
            "    image: shop ", '    container_name: shop\n    ports: ["8080:8000"]\n    image: shop '
        )
    )
    report = deploy(quick.task(first), server)
    assert report.error and not report.changed
    assert "step compose file: production.yml: (1) the service web has container_name: shop" in report.error
    assert "the service web publishes the port 8080" in report.error
    assert web(server) == []


def test_the_router_gets_its_configuration_past_every_proxy(routed: Routed, server: Connection, first: Release) -> None:
    assert deploy(routed.task(first), server).error is None
    without_caddy = "caddy() { echo it was not loaded before >&2; return 1; }\n" + caddy._BEGIN + "keep\n" + caddy._LOAD
    to = ("docker", "exec", "-e", "http_proxy=http://127.0.0.1:9", "shipline-router")
    done = server.run(
        Command((*to, "sh", "-euc", without_caddy, "load", "shop-production", "", caddy.CHECKS)), timeout=60
    )
    assert done.ok, done.stderr
    assert routed.version == "1.0.0"


def test_a_host_name_belongs_to_one_app(routed: Routed, server: Connection, first: Release) -> None:
    quick = routed.alone()
    assert deploy(quick.task(first), server).error is None

    def other(route: Route) -> Task:
        environments = {name: each.model_copy(update={"route": route, "directory": each.directory.parent.parent / "blog" / name})
                        for name, each in quick.shop.app.environments.items()}  # fmt: skip
        app = quick.shop.app.model_copy(update={"name": "blog", "environments": environments})
        blog = Shop(quick.shop.bed, app, quick.shop.folder, quick.shop.said, quick.shop.alive)
        return blog.task("production", first, source=routed.source)

    refused = deploy(other(Route(health="/health")), server)
    assert refused.error and "the host name every.other is taken on this server, by shop-production" in refused.error
    assert quick.version == "1.0.0"
    named = replace(other(Route(health="/health", hosts=("blog.example.org",))))
    assert deploy(named, server).error is None
    request = urllib.request.Request(quick.url, headers={"Host": "blog.example.org"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["version"] == "1.0.0"
    assert quick.version == "1.0.0"


@pytest.mark.thorough
def test_https_is_served_with_a_certificate_of_one_s_own_and_http_leads_there(
    routed: Routed, server: Connection, first: Release, tmp_path: Path
) -> None:
    name = "shop.example.org"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    files = ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "cert")]
    subprocess.run([*make, *files], check=True, capture_output=True)
    own = Certificate(certificate=SecretSource(file=tmp_path / "cert"), key=SecretSource(file=tmp_path / "key"))
    routed = routed.alone()
    production = routed.site.config
    host = production.host.model_copy(update={"router": Router(http=8080, https=8081)})
    route = Route(hosts=(name,), tls=True, certificate=own, health="/health")
    environments = {
        **routed.shop.app.environments,
        "production": production.model_copy(update={"route": route, "hosts": (host,)}),
    }
    app = routed.shop.app.model_copy(update={"environments": environments})
    secure = Routed(Shop(routed.shop.bed, app, routed.shop.folder, routed.shop.said, routed.shop.alive), routed.source)
    assert deploy(secure.task(first), server).error is None

    bed = routed.shop.bed.servers[0]
    context = ssl.create_default_context(cafile=str(tmp_path / "cert"))
    with (
        socket.create_connection((bed.host, bed.ports[8081]), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as wrapped,
    ):
        wrapped.sendall(f"GET /health HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: wrapped.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200") and b'"version":"1.0.0"' in answer.replace(b" ", b"")
    connection = http.client.HTTPConnection(bed.host, bed.ports[8080], timeout=10)
    connection.request("GET", "/health?x=1", headers={"Host": name})
    moved = connection.getresponse()
    assert (moved.status, moved.headers["Location"]) == (308, f"https://{name}:8081/health?x=1")
    key = (tmp_path / "key").read_text().splitlines()[5]
    assert server.run(script('! grep -rqF "$1" /opt/shipline', key), timeout=30).ok
