"""Variables of Postman collections that nothing sets."""

import json
from typing import Any

import pytest

from pipeline_defs.config.testing import E2E
from pipeline_defs.doctor.collection_checks import collections, unset, writing_unasked
from pipeline_defs.release.postman import CollectionError
from pipeline_defs.server.core.site import Site
from tests.unit.sample import example, with_environment


def collection(*urls: Any, **more: Any) -> str:
    """A collection with a request for each address."""
    return json.dumps({"item": [{"name": "a", "request": {"url": url}} for url in urls], **more})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (collection("{{base_url}}/health"), []),
        (collection("{{APIURL}}/health"), ["APIURL"]),
        (collection({"raw": "{{APIURL}}/a", "host": ["{{APIURL}}"], "path": ["a"]}), ["APIURL"]),
        (collection("{{base_url}}/users/{{id}}/{{id}}"), ["id"]),
        (collection("{{base_url}}/users/{{$guid}}"), []),
        (collection("{{APIURL}}/a", variable=[{"key": "APIURL", "value": "x"}]), []),
        (collection("{{base_url}}/{{id}}", event=[{"script": {"exec": ['pm.environment.set("id", 1)']}}]), []),
        (json.dumps({"item": [{"item": [{"request": "{{host}}/x"}]}]}), ["host"]),
    ],
)
def test_what_nothing_sets_is_named(text: str, expected: list[str]) -> None:
    assert unset(text.encode(), "shop.json", {"base_url"}) == expected


@pytest.mark.parametrize("text", ["[]", "{}", "nothing", '{"item": 3}'])
def test_what_is_no_collection_is_refused(text: str) -> None:
    with pytest.raises(CollectionError):
        unset(text.encode(), "shop.json", set())


def test_a_request_that_goes_elsewhere_is_broken_and_a_variable_without_a_value_is_told() -> None:
    site = Site.of(example(), "production")
    path, environment = site.config.e2e[0].collection, site.config.e2e[0].environment
    assert path is not None and environment is not None
    values = json.dumps({"values": []}).encode()
    script = [{"listen": "test", "script": {"exec": ["pm.test('x', () => {})"]}}]

    def told(url: str) -> list[tuple[str, str]]:
        files = {path: collection(url, event=script).encode(), environment: values}
        return [(finding.level, finding.says) for finding in collections("shop", site, files, None)]

    [(level, says)] = told("{{APIURL}}/health")
    assert level == "broken" and "{{APIURL}}" in says
    assert told("{{base_url}}/{{id}}") == [("warning", f"{path} uses {{{{id}}}}, which nothing sets")]
    assert told("{{base_url}}/health") == [("ok", f"{path}: every variable is set")]


WRITES = json.dumps({"item": [{"name": "add", "request": {"url": "{{base_url}}/users", "method": "POST"}}]}).encode()


@pytest.mark.parametrize(
    ("environment", "declared", "content", "told"),
    [
        ("production", None, WRITES, ["changes data in production (add)"]),
        ("production", "safe", WRITES, []),
        ("production", None, collection("{{base_url}}/users").encode(), []),
        ("staging", None, WRITES, []),
        ("staging", "unsafe", WRITES, []),
    ],
)
def test_a_collection_that_changes_data_where_releases_are_deployed_is_told_unless_it_is_declared_safe(
    environment: str, declared: Any, content: bytes, told: list[str]
) -> None:
    tests = E2E(collection="users.json", production=declared)
    site = Site.of(with_environment(example(), environment, e2e=(tests,)), environment)
    found = list(writing_unasked(site, {"users.json": content}))
    assert len(found) == len(told)
    assert all(phrase in sentence for phrase, sentence in zip(told, found, strict=True))
