"""Where a collection's requests go is read from it as Newman resolves it; what would go elsewhere is refused by its name."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline_defs.release.postman import CollectionError, read_collection, read_environment
from pipeline_defs.release.request_targets import Variables, foreign

GIVEN = {"base_url": "http://127.0.0.1:8000", "expected_version": "1.0.0"}
ASSERTS = [{"listen": "test", "script": {"exec": ["pm.test('ok', () => true);"]}}]


def collection(*items: dict[str, Any], **top: Any) -> bytes:
    return json.dumps({"info": {"name": "shop"}, "event": ASSERTS, "item": list(items), **top}).encode()


def request(url: Any, name: str = "health", **keys: Any) -> dict[str, Any]:
    return {"name": name, "request": {"method": "GET", "url": url}, **keys}


def refused(
    content: bytes, given: dict[str, str] | None = None, environment: dict[str, str] | None = None
) -> list[str]:
    read = read_collection(content, "shop.json")
    return foreign(read, Variables({**GIVEN, **(given or {})}, {**read.variables, **(environment or {})}))


PRODUCTION = [{"key": "baseUrl", "value": "https://shop.example.org/api/"}]


@pytest.mark.parametrize(
    "url",
    [
        "{{base_url}}/health",
        {"raw": "ignored", "host": ["{{base_url}}"], "path": ["health"]},
        {"raw": "{{base_url}}/health"},
        "{{base_url}}",
        "{{base_url}}?next=https://shop.example.org",
        "http://127.0.0.1:8000/health",
        "http://LOCALHOST:8000/health",
        {"protocol": "http", "host": ["localhost"], "port": "8000", "path": "/health"},
        "{{inner}}/health",
    ],
)
def test_what_goes_to_the_address_under_test_is_run(url: Any) -> None:
    assert refused(collection(request(url), variable=[{"key": "inner", "value": "{{base_url}}/v1"}])) == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://shop.example.org/health", "goes to https://shop.example.org/health, which is written into it; write {{base_url}}/health"),
        ("{{baseUrl}}/health", 'write `variables: {baseUrl: "{{base_url}}/api"}` under e2e'),
        ({"host": ["{{baseUrl}}"], "path": ["health"]}, "{{baseUrl}}"),
        ({"raw": "{{base_url}}/x", "protocol": "https", "host": ["shop", "example", "org"]}, "https://shop.example.org"),
        ("{{nobody}}/health", "{{nobody}} says, which nothing sets"),
        ("http://{{nobody}}/health", 'variables: {nobody: "127.0.0.1:8000"}'),
        ("{{off}}/health", "which nothing sets"),
        ("shop.example.org/health", "which is written into it"),
        ("//shop.example.org/health", "which is written into it"),
        ("http://127.0.0.1:8001/health", "which is written into it"),
        ("{{base_url}}.evil.example/", "which is written into it"),
        ("{{base_url}}@evil.example/", "which is written into it"),
        ("http:\\\\evil.example\\{{base_url}}", "which is written into it"),
        ("{{loop}}/health", "{{loop}}"),
        ("{{$randomUrl}}", "{{$randomUrl}}"),
        ("", "has no address"),
    ],
)  # fmt: skip
def test_what_goes_elsewhere_is_refused_by_name(url: Any, told: str) -> None:
    more = [{"key": "loop", "value": "{{loop}}"}, {"key": "off", "value": "{{base_url}}", "disabled": True}]
    folder = {"name": "orders", "item": [request(url, "pay")]}
    [said] = refused(collection(request("{{base_url}}/"), folder, variable=[*PRODUCTION, *more]))
    assert said.startswith("the request 'orders / pay' ")
    assert told in said


def test_variables_of_the_apps_file_go_first() -> None:
    content = collection(request("{{baseUrl}}/health"), variable=PRODUCTION)
    assert refused(content, {"baseUrl": "{{base_url}}"}) == []
    assert refused(content, {"baseUrl": "http://127.0.0.1:8000"}) == []
    assert refused(content, environment={"baseUrl": "{{base_url}}"}) == []
    assert refused(content, environment={"baseUrl": "https://other.example.org"}) != []
    # What the app's file says is a person's word for it: a mail catcher beside the app, say.
    assert refused(collection(request("{{mail}}/")), {"mail": "http://mail:8025"}) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("pm.sendRequest('https://shop.example.org/x')", "sends to https://shop.example.org/x"),
        ("pm.sendRequest({url: `https://shop.example.org/x`, method: 'POST'})", "sends to https://shop.example.org/x"),
        ("const u = 'https://shop.example.org';\npm.sendRequest(u + '/x')", "sends to https://shop.example.org"),
        ("pm.sendRequest(pm.collectionVariables.get('baseUrl') + '/x')", "{{baseUrl}} says"),
        ('pm.sendRequest("{{baseUrl}}/x")', "{{baseUrl}}"),
        ("pm.environment.set('base_url', 'x')", "sets base_url, by which requests are addressed"),
        ("pm.request.url = 'https://shop.example.org'", "sends to https://shop.example.org"),
        ("pm.sendRequest('https://shop.example.org') // https://a\n", "sends to https://shop.example.org"),
    ],
)
def test_scripts_that_send_elsewhere_are_refused(script: str, told: str) -> None:
    event = [*ASSERTS, {"listen": "prerequest", "script": {"exec": script.split("\n")}}]
    said = refused(collection(request("{{base_url}}/"), event=event, variable=PRODUCTION))
    assert any(told in each for each in said), said


@pytest.mark.parametrize(
    "script",
    [
        "// pm.sendRequest('https://shop.example.org')",
        "/* pm.sendRequest('https://shop.example.org') */ pm.test('x')",
        "const schema = {'$schema': 'http://json-schema.org/draft-07/schema#'};",
        "pm.sendRequest(pm.variables.replaceIn('{{base_url}}/x'), () => pm.expect(a).to.equal('https://shop.example.org'))",
        "pm.sendRequest(pm.environment.get('base_url') + '/x?token=' + pm.environment.get('token'))",
        "pm.environment.set('token', 'x'); const home = 'https://shop.example.org';",
    ],
)
def test_scripts_that_do_not_are_run(script: str) -> None:
    event = [*ASSERTS, {"listen": "test", "script": {"exec": script}}]
    assert refused(collection(request("{{base_url}}/"), event=event)) == []


def test_a_collection_that_asserts_nothing_is_refused_unless_that_is_meant() -> None:
    content = collection(request("{{base_url}}/"), event=[{"listen": "test", "script": {"exec": ["// pm.test()"]}}])
    [said] = refused(content)
    assert "asserts anything" in said
    read = read_collection(content, "x")
    assert foreign(read, Variables(GIVEN, {}), allow_empty=True) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"requests": []}', b"[" * 100_000, b"null"])
def test_what_is_no_collection_is_refused(content: bytes) -> None:
    with pytest.raises(CollectionError, match=r"^shop.json is no"):
        read_collection(content, "shop.json")
    with pytest.raises(CollectionError, match=r"^shop.json is no"):
        read_environment(content, "shop.json")


def test_what_is_uploaded_is_known_and_what_writes() -> None:
    body = {"mode": "formdata", "formdata": [{"key": "a", "src": "postman/a.png"}, {"key": "b", "src": ["c", None]}]}
    item = {"name": "up", "request": {"method": "post", "url": "{{base_url}}", "body": body}}
    read = read_collection(collection(item, request("{{base_url}}")), "x")
    assert read.files == ("postman/a.png", "c")
    assert [each.writes for each in read.requests] == [True, False]
    assert read_environment(b'{"values": [{"key": "a", "value": 1}, {"key": "b", "value": "2", "enabled": false}]}', "x") == {
        "a": "1"
    }  # fmt: skip


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["{{a}}", "{{base_url}}", "http://x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["item", "request", "url", "host", "path", "event", "script", "exec", "listen", "variable", "key",
                         "value", "raw", "body", "formdata", "src", "name", "method", "port", "protocol"]),
        inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(st.lists(anything, max_size=4), anything, anything)
def test_anything_is_read_or_refused(items: list[Any], variable: Any, event: Any) -> None:
    content = json.dumps({"item": items, "variable": variable, "event": event}).encode()
    assert all(isinstance(each, str) for each in refused(content))


hosts = st.sampled_from(["shop.example.org", "127.0.0.1:8001", "[::2]:8000", "evil", "127.0.0.1.nip.io:8000"])


@given(hosts, st.sampled_from(["", "http://", "https://", "HTTP://", "//"]), st.integers(0, 3), st.text(max_size=5))
@example("127.0.0.1:8000", "ftp:", 0, "")
def test_a_foreign_host_is_refused_through_any_number_of_variables(
    host: str, scheme: str, depth: int, path: str
) -> None:
    variables = [{"key": "v0", "value": f"{scheme}{host}/{path}"}]
    variables += [{"key": f"v{number + 1}", "value": f"{{{{v{number}}}}}"} for number in range(depth)]
    assert refused(collection(request(f"{{{{v{depth}}}}}/x"), variable=variables)) != []


@given(st.text(st.sampled_from("{}ab$./:@"), max_size=60))
@example("{{a}}" * 1000)
def test_variables_end(text: str) -> None:
    variables = Variables({"a": "{{b}}{{b}}" * 50, "b": "{{a}}x"}, {})
    "".join(piece.text for piece in variables.resolve(text[:400]))
