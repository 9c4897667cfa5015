"""Maintenance on a real router: people get a page, whatever becomes of router and app meanwhile, until it is turned off."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home
from pipeline_defs.config.route import Route
from pipeline_defs.config.watch import Watch
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.router import router
from pipeline_defs.server.strategies.release_watch import watch
from tests.integration.containers import SERVES, bare_place, serving, start
from tests.support.shop import Shop

HOST = "shop.example.org"
MESSAGE = "It's <late> in {http.request.host} \\{env.PATH} $(id)"
PAGE = "<h1>Ünder {construction}</h1>\n<style>p{color:red}</style>\n"
RELEASE = Release(app="shop", version="1.0.0", repository="shop", digest="sha256:ab", commit="c")

APP = """
repository: team/shop
image: registry.example.org/team/shop
environments:
  production:
    hosts: {{address: "{host.address}", port: {host.port}, key: "{host.key}", known_hosts: "{host.known_hosts}",
            router: {{http: 8080, https: 8443}}}}
    directory: {directory}
    compose: production.yml
    route: {{hosts: [shop.example.org]}}
"""

_RESTARTED = """
docker restart -t 1 shipline-router >/dev/null
until docker exec shipline-router wget -q -O /dev/null http://localhost:2019/config/; do sleep 0.1; done
"""


@pytest.fixture
def place(sample: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, Site]]:
    """A server with a router, the site of an app on it, and a home that knows the app."""
    with bare_place(sample, route=Route(hosts=(HOST,)), watch=Watch(seconds=1)) as (server, site):
        for name, folder in {"HOME": "home", "APPS": "apps"}.items():
            monkeypatch.setenv(f"SHIPLINE_{name}", str(tmp_path / folder))
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
        (tmp_path / "apps").mkdir()
        text = APP.format(host=site.config.host, directory=site.config.directory)
        (tmp_path / "apps" / "shop.yaml").write_text(text)
        prepare(Home.find())
        yield server, site


def answer(shop: Shop, host: str = HOST) -> tuple[int, str | None, str]:
    """What people get: status, when to come again, and text."""
    bed = shop.bed.servers[0]
    connection = http.client.HTTPConnection(bed.host, bed.ports[8080], timeout=20)
    connection.request("GET", "/any/path", headers={"Host": host})
    got = connection.getresponse()
    return got.status, got.headers["Retry-After"], got.read().decode()


def maintenance(*words: str) -> int:
    return main(["maintenance", words[0], "shop", "production", *words[1:]])


def test_people_get_a_page_until_it_is_turned_off(
    place: tuple[Connection, Site], sample: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server, site = place
    assert site.config.route
    point = router.point(site, site.config.route)
    assert maintenance("on") == 1
    assert "the router passes nothing on to shop-production yet; deploy it first" in capsys.readouterr().err
    start(server, SERVES)
    serving(server, "shop-production-web")
    assert server.run(point, timeout=60).ok and server.run(router.probe(site.config.route), timeout=60).ok
    assert answer(sample) == (200, None, "fine")

    assert maintenance("on", "--message", MESSAGE) == 0
    status, again, text = answer(sample)
    assert (status, again) == (503, "120")
    assert "It&#x27;s &lt;late&gt; in {http.request.host} \\{env.PATH} $(id)" in text
    assert answer(sample, "other.example.org")[0] != 503
    capsys.readouterr()
    assert main(["--json", "status", "shop"]) == 0
    shown = json.loads(capsys.readouterr().out)[0]["maintenance"]
    assert (shown["on"], shown["message"]) == (True, MESSAGE)

    assert server.run(script(_RESTARTED), timeout=60).ok
    assert answer(sample)[0] == 503
    deployed = server.run(point, timeout=60)  # as a deployment does; the new container is looked at behind the page
    assert "maintenance is on" in deployed.stdout and answer(sample)[0] == 503
    assert server.run(router.probe(site.config.route), timeout=60).ok
    (step,) = watch(site, RELEASE)
    assert server.run(step.command, timeout=60).ok

    (tmp_path / "page.html").write_text(PAGE)
    assert maintenance("on", "--page", str(tmp_path / "page.html")) == 0
    assert answer(sample) == (503, "120", PAGE)
    for _ in range(2):  # twice is harmless
        assert maintenance("off") == 0
        assert answer(sample) == (200, None, "fine")
    capsys.readouterr()
    assert main(["--json", "status", "shop"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["maintenance"] is None
    kept = server.run(script('cat "$1"/journal/*; [ ! -e "$1/lock" ]', site.path()), timeout=30)
    assert kept.ok and '"step":"maintenance","state":"done"' in kept.stdout
