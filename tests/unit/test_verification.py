"""What tests of a running release prove, where they may send requests, and what is told when neither is so."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline_defs.config.route import Route
from pipeline_defs.config.testing import E2E
from pipeline_defs.config.testing import Test as ContainerTest
from pipeline_defs.release.evidence import TestCounts
from pipeline_defs.server.core.command import ServerError, script
from pipeline_defs.server.core.procedure import StepFailed
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.core.step import Step
from pipeline_defs.server.steps.e2e_addresses import production_names, refuse_foreign, uploads
from pipeline_defs.server.steps.verification import e2e, judged
from tests.unit.sample import example, release, with_environment
from tests.unit.test_procedure import Place

COLLECTION = "postman/shop.postman_collection.json"
PASSED, EMPTY, SKIPPED = TestCounts(tests=2), TestCounts(tests=0), TestCounts(tests=2, skipped=2)
FAILED = TestCounts(tests=2, failures=1)
COMMAND = ContainerTest(command=("pytest",))
NAMED = ContainerTest(command=("pytest",), junit="/tmp/a.xml")
NEWMAN = E2E(collection=COLLECTION)


@pytest.mark.parametrize(
    ("tests", "counts", "said", "told"),
    [
        (COMMAND, PASSED, "", None),
        (COMMAND, EMPTY, "", "no test ran"),
        (COMMAND, SKIPPED, "", "all 2 tests were skipped"),
        (COMMAND, FAILED, "", "though the tests ended with status 0"),
        (COMMAND, None, "", None),
        (COMMAND, None, "Ran 0 tests in 0.000s\n\nOK", "no test ran"),
        (NAMED, None, "", "left no results in /tmp/a.xml"),
        (NEWMAN, None, "", "left no results"),
        (NEWMAN, EMPTY, "", "no test ran"),
        (ContainerTest(command=("pytest",), junit=None), None, "", None),
        (ContainerTest(command=("pytest",), allow_empty=True), EMPTY, "", None),
        (ContainerTest(command=("pytest",), junit="/tmp/a.xml", allow_empty=True), None, "", None),
    ],
)
def test_what_proves_nothing_is_told(
    tests: ContainerTest | E2E, counts: TestCounts | None, said: str, told: str | None
) -> None:
    found = judged(counts, said, tests)
    assert found is None if told is None else told in (found or "")


@pytest.mark.parametrize("results", ["<testsuites/>", ""])
def test_a_step_that_proves_nothing_fails(tmp_path: Path, results: str) -> None:
    for name in ("journal", "logs", "results"):
        (tmp_path / name).mkdir()
    file = tmp_path / "results" / "e2e.xml"
    write = script('[ -z "$1" ] || echo "$1" >"$2"', results, str(file))
    step = Step("e2e", write, results=str(file), counts="e2e", judge=partial(judged, tests=NEWMAN))
    with pytest.raises(StepFailed, match=r"step e2e: (no test ran|they ended well and left no results)"):
        Place(tmp_path).run(step)


def staging(tests: E2E, **production: Any) -> tuple[Site, Site]:
    """Staging with these end-to-end tests, and the production that it rehearses."""
    app = with_environment(with_environment(example(), "staging", e2e=(tests,)), "production", **production)
    return Site.of(app, "staging"), Site.of(app, "production")


def collection(url: str) -> dict[str, bytes]:
    event = [{"listen": "test", "script": {"exec": "pm.test()"}}]
    return {COLLECTION: json.dumps({"item": [{"name": "pay", "request": {"url": url}, "event": event}]}).encode()}


def test_the_sample_apps_own_collection_is_run() -> None:
    root = Path("examples/shop")
    files = {path: (root / path).read_bytes() for path in (COLLECTION, "postman/staging.postman_environment.json")}
    site, production = Site.of(example(), "staging"), Site.of(example(), "production")
    refuse_foreign(site, files, production)


def test_a_collection_that_goes_elsewhere_is_refused_with_the_line_to_write() -> None:
    site, production = staging(NEWMAN)
    with pytest.raises(ServerError) as caught:
        refuse_foreign(site, collection("{{baseUrl}}/pay"), production)
    said = str(caught.value)
    assert said.startswith(f"{site}: {COLLECTION} is not run: the request 'pay' ")
    assert 'write `variables: {baseUrl: "{{base_url}}"}` under e2e' in said
    mapped, _ = staging(E2E(collection=COLLECTION, variables={"baseUrl": "{{base_url}}"}))
    refuse_foreign(mapped, collection("{{baseUrl}}/pay"), production)


@pytest.mark.parametrize(
    "tests",
    [
        E2E(collection=COLLECTION, base_url="https://shop.example.org"),
        E2E(collection=COLLECTION, variables={"baseUrl": "https://SHOP.example.org/api"}),
        E2E(command=("e2e",), variables={"URL": "https://me@shop.example.org:443/"}),
        E2E(command=("e2e",), variables={"HOST": "www.example.org"}),
    ],
)
def test_no_setting_lets_a_rehearsal_go_to_production(tests: E2E) -> None:
    route = Route(hosts=("www.example.org",))
    site, production = staging(tests, url="https://shop.example.org", route=route)
    assert set(production_names(site, production)) == {"shop.example.org", "www.example.org"}
    with pytest.raises(ServerError, match="a rehearsal sends nothing there"):
        refuse_foreign(site, collection("{{base_url}}/"), production)
    refuse_foreign(production, {}, None)


def test_one_name_with_two_ports_is_told_apart() -> None:
    def trying(port: int) -> tuple[Site, Site]:
        tests = E2E(command=("e2e",), base_url=f"http://shop.example.org:{port}/")
        app = with_environment(example(), "production", url="http://shop.example.org:8000")
        app = with_environment(app, "staging", url="http://shop.example.org:8001", e2e=(tests,))
        return Site.of(app, "staging"), Site.of(app, "production")

    site, production = trying(8001)
    refuse_foreign(site, {}, production)
    site, production = trying(8000)
    with pytest.raises(ServerError, match="a rehearsal sends nothing there"):
        refuse_foreign(site, {}, production)


def test_the_tests_get_their_files_alone() -> None:
    site, _ = staging(NEWMAN)
    body = {
        "mode": "formdata",
        "formdata": [{"src": "./postman/a.png"}, {"src": "shipline.secrets"}, {"src": "/etc/passwd"}],
    }
    item = {"name": "up", "request": {"url": "{{base_url}}", "body": body}}
    files = {COLLECTION: json.dumps({"item": [item]}).encode(), "postman/a.png": b"png", "production.yml": b""}
    assert uploads(NEWMAN, files) == ("postman/a.png",)
    words = e2e(site, NEWMAN, release(), "/r", "/x", files=uploads(NEWMAN, files), blocked=("shop.example.org",)).argv
    assert words[words.index("/r") + 1 :][:4] == (COLLECTION, "2", COLLECTION, "postman/a.png")
    assert "shop.example.org" in words
