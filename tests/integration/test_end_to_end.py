"""End-to-end tests on a real Engine: they see what they need and nothing else, and reach what they may."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline_defs.config.testing import E2E
from pipeline_defs.release.junit import read_junit
from pipeline_defs.release.records import Release
from pipeline_defs.resources.ssh_connection import Connection
from pipeline_defs.server.core.command import Result, command, script
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.steps.verification import e2e
from tests.integration.containers import SERVES, bare_place, serving, start
from tests.support.shop import Shop

COLLECTION = "postman/shop.json"
PRODUCTION = "shop.example.org"
RELEASE = Release(app="shop", version="1.0.0", repository="caddy", digest="sha256:0", commit="0" * 40)
MAKE = """
mkdir -p "$1/postman"; umask 077; cat >"$1/$2"; echo secret >"$1/shipline.secrets"; echo png >"$1/postman/a.png"
"""


@pytest.fixture(scope="module")
def place(sample: Shop) -> Iterator[tuple[Connection, Site]]:
    """A server on which something answers, and sends one path on to production."""
    with bare_place(sample) as (server, site):
        moved = "caddy respond --listen :8001 --status 302 --header 'Location: http://shop.example.org/'"
        start(server, f"{moved} & {SERVES}")
        serving(server, "shop-production-web")
        yield server, site


def request(url: str, **keys: Any) -> dict[str, Any]:
    event = [{"listen": "test", "script": {"exec": ["pm.test('200', () => pm.response.to.have.status(200));"]}}]
    return {"name": url, "request": {"method": "POST", "url": url, **keys}, "event": event}


def run(place: tuple[Connection, Site], tests: E2E, *items: dict[str, Any]) -> tuple[Result, str]:
    """Run end-to-end tests with these requests; gives what they said and the results on the server."""
    server, site = place
    folder, results = site.folder(RELEASE), site.path("results", "1", "e2e.xml")
    made = script(MAKE, folder, COLLECTION, stdin=json.dumps({"info": {"name": "shop"}, "item": items}))
    assert server.run(made, timeout=30).ok
    files = ("postman/a.png",) if tests.collection else ()
    called = e2e(site, tests, RELEASE, folder, results, files=files, blocked=(PRODUCTION,))
    return server.run(called, timeout=120), server.run(command("cat", results), timeout=30).stdout


def test_a_collection_is_run_by_nobody_with_its_files_alone(place: tuple[Connection, Site]) -> None:
    upload = {"mode": "formdata", "formdata": [{"key": "a", "type": "file", "src": "postman/a.png"}]}
    tests = E2E(collection=COLLECTION, variables={"baseUrl": "{{base_url}}"})
    ended, results = run(place, tests, request("{{baseUrl}}/up", body=upload))
    assert ended.ok, ended.stdout
    assert read_junit(results).tests == 1


def test_production_is_out_of_reach_by_its_name_also_when_the_app_sends_there(place: tuple[Connection, Site]) -> None:
    ended, _ = run(place, E2E(collection=COLLECTION), request("http://127.0.0.1:8001/away"))
    assert not ended.ok
    assert "ENETUNREACH" in ended.stdout


def test_a_command_has_no_rights_and_no_file_of_the_release(place: tuple[Connection, Site]) -> None:
    looks = "id -u; grep -E 'CapEff|NoNewPrivs' /proc/self/status; ls -A /etc/newman 2>/dev/null; echo $BASE_URL; touch $RESULTS/e2e.xml"
    ended, _ = run(place, E2E(command=("sh", "-c", looks), image="caddy:2"))
    assert ended.ok, ended.stderr
    assert ended.stdout.split() == ["65534", "CapEff:", "0" * 16, "NoNewPrivs:", "1", "http://127.0.0.1:8000"]
