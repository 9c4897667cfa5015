"""What reads outside text, and text for it that is almost right: each reader answers, or refuses by an error of its own."""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import requests
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from pipeline_defs.config import ConfigError, load_app
from pipeline_defs.config.home import PROJECT
from pipeline_defs.github.api import GitHubError
from pipeline_defs.github.api.api_response import Answer
from pipeline_defs.github.api.response_parsing import commit_of, details_of, fact, move_of, pull_of
from pipeline_defs.github.webhooks.delivery_hint import UnreadablePayload, hint_of
from pipeline_defs.release.junit import ResultsError, read_junit
from pipeline_defs.release.postman import CollectionError, read_collection, read_environment
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.resources.oci_manifest import MANIFEST, digest_of
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.server.compose.compose_reader import read_model
from pipeline_defs.server.core.journal import steps_in

_SHA = "a" * 40
_USER = {"login": "ada", "type": "User"}
_HEAD = {"sha": _SHA, "ref": "fix", "repo": {"full_name": "acme/shop"}}
_PULL = {
    "number": 7, "title": "Fix", "head": _HEAD, "base": _HEAD, "state": "open", "draft": False, "merged_at": None, "user": _USER,
    "body": None, "labels": [{"name": "x"}], "html_url": "https://example.org", "merge_commit_sha": _SHA,
    "updated_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
_COMMIT = {
    "sha": _SHA,
    "parents": [{"sha": _SHA}],
    "commit": {"message": "Fix"},
    "author": _USER,
    "files": [{"filename": "a"}],
}
_MOVE = {
    "before": _SHA,
    "after": _SHA,
    "ref": "refs/heads/main",
    "timestamp": "2026-01-01T00:00:00Z",
    "activity_type": "push",
    "actor": _USER,
}
_REQUEST = {
    "method": "POST",
    "url": {"raw": "x", "host": ["a"], "path": ["b", {"value": "c"}]},
    "body": {"formdata": [{"src": "a"}]},
}
_COLLECTION = {
    "item": [{"name": "a", "event": [{"listen": "test", "script": {"exec": ["x"]}}], "request": _REQUEST, "item": []}],
    "variable": [{"key": "a", "value": "b"}],
}
_JUNIT = b"""<testsuites><testsuite name="a" time="1.5">
<testcase name="b" time="1"><failure message="c">d</failure></testcase></testsuite></testsuites>"""
_COMPOSE = """
services:
  web: {image: "a/b:1", build: {context: ., target: x}, command: [a], environment: {A: b}, env_file: [{path: a}], ports: [{target: 80,
    published: "80"}], volumes: [{type: volume, source: a, target: /a}], depends_on: {db: {condition: service_started}},
    networks: {n: {aliases: [a]}},
    deploy: {replicas: 2, restart_policy: {condition: any}}, healthcheck: {disable: true}, profiles: [a]}
  db: {image: postgres, ports: ["80:80"], volumes: ["a:/b"], environment: [A=b], depends_on: [web], networks: [n]}
volumes: {a: {name: b, driver_opts: {device: /c}}}
networks: {n: {external: true}}
"""


@dataclass(frozen=True)
class Reader:
    """One reader: what it takes, what it may raise, and an example that it takes without an error."""

    read: Callable[[bytes], object]
    raises: tuple[type[Exception], ...]
    example: bytes


def _app(content: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "shop.yaml")
        file.write_bytes(content)
        return load_app(file)


def _github(make: Callable[[Any], object]) -> Callable[[bytes], object]:
    """Half an answer of GitHub is GitHubUnavailable; what is no JSON is refused before, by `Answer.json`."""
    return lambda content: fact(make, Answer(200, {}, content.decode(errors="replace")).json())


class _Answers(HTTPAdapter):
    """What a registry answers, by the part of the address behind the repository's name."""

    def __init__(self, **answers: bytes) -> None:
        super().__init__()
        self._answers = answers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The bytes, whatever else was asked."""
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, str(request.url), request
        kind = next(kind for kind in self._answers if f"/{kind}/" in answer.url)
        answer.headers["Content-Type"] = MANIFEST if kind == "manifests" else ""
        answer._content = self._answers[kind]
        return answer


def _registry(**answers: bytes) -> Registry:
    registry = Registry("127.0.0.1:9/team/shop")
    registry._session.mount("http://", _Answers(**answers))
    return registry


def _configured(content: bytes) -> object:
    """What is said of an image whose configuration this is."""
    manifest = _json({"config": {"digest": digest_of(content)}})
    registry = _registry(manifests=manifest, blobs=content)
    return registry.config_labels("latest"), registry.platforms("latest")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


FAILED = "failed: "

_ANSWER = (GitHubError, ValueError)
READERS: dict[str, Reader] = {
    "app": Reader(_app, (ConfigError,), (PROJECT / "apps" / "shop.yaml").read_bytes()),
    "version": Reader(lambda content: Version.parse(content.decode(errors="replace")), (VersionError,), b"v1.2.3\n"),
    "push": Reader(
        lambda content: hint_of("push", "application/json", content),
        (UnreadablePayload,),
        _json({"ref": "refs/heads/main", "repository": {"full_name": "acme/shop"}}),
    ),
    "pull request": Reader(
        lambda content: hint_of("pull_request", "application/x-www-form-urlencoded", content),
        (UnreadablePayload,),
        b"payload=%7B%22pull_request%22%3A%7B%22number%22%3A7%7D%2C%22repository%22%3A%7B%22full_name%22%3A%22a%22%7D%7D",
    ),
    "compose": Reader(lambda content: read_model(content.decode(errors="replace")), (ValueError,), _COMPOSE.encode()),
    "tags of a registry": Reader(
        lambda content: _registry(tags=content).tags(), (RegistryError,), _json({"name": "team/shop", "tags": ["1", "latest"]})
    ),
    "manifest of a registry": Reader(
        lambda content: _registry(manifests=content, blobs=b"{}").platforms("latest"),
        (RegistryError,),
        _json({"mediaType": MANIFEST, "config": {"digest": digest_of(b"{}")}, "layers": []}),
    ),
    "configuration of an image": Reader(
        _configured,
        (RegistryError,),
        _json({"os": "linux", "architecture": "arm64", "variant": "v8", "config": {"Labels": {"a": "b"}}}),
    ),
    "journal": Reader(
        lambda content: steps_in(content.decode(errors="replace")), (ValueError,), b'{"step":"backup"}\n{"step":"start"}\n'
    ),
    "JUnit": Reader(read_junit, (ResultsError,), _JUNIT),
    "collection": Reader(lambda content: read_collection(content, "a.json"), (CollectionError,), _json(_COLLECTION)),
    "environment": Reader(
        lambda content: read_environment(content, "a.json"), (CollectionError,), _json({"values": [{"key": "a", "value": "b"}]})
    ),
    "pull of GitHub": Reader(_github(pull_of), _ANSWER, _json(_PULL)),
    "move of GitHub": Reader(_github(move_of), _ANSWER, _json(_MOVE)),
    "commit of GitHub": Reader(_github(commit_of), _ANSWER, _json(_COMMIT)),
    "details of GitHub": Reader(_github(details_of), _ANSWER, _json(_COMMIT)),
}  # fmt: skip

_JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, float("inf"), "", "\0", "x", "a: b", "🦀", [], {}, [None], [[]], {"": None},
     {"a": {"b": []}}, "9" * 5000]
)  # fmt: skip
_BYTES = [
    b"",
    b"\0",
    b"\xff",
    b"<",
    b"&#0;",
    b"&a;",
    b"[" * 3000,
    b"{",
    b"*a",
    b"&a [*a]",
    b"!!python/x ",
    b"'",
    b'"',
    b"\n",
    b"- ",
    b"9" * 5000,
    b"~",
]


def contents(of: str) -> st.SearchStrategy[bytes]:
    """Text for a reader: its example with bytes replaced, or as data with values replaced at any place."""
    example = READERS[of].example
    spliced = st.builds(
        _spliced,
        st.just(example),
        st.integers(0, len(example)),
        st.integers(0, 20),
        st.sampled_from(_BYTES) | st.binary(max_size=9),
    )
    if of in ("version", "pull request", "JUnit", "journal"):
        return spliced
    dump: Callable[[Any], bytes] = (lambda data: yaml.safe_dump(data).encode()) if of in ("app", "compose") else _json
    data = yaml.safe_load(example)
    replaced = st.tuples(st.lists(st.integers(0, 2**16), max_size=8), _JUNK).map(lambda at: dump(_replaced(data, *at)))
    return spliced | replaced


def outcome(of: str, content: bytes) -> str:
    """What a reader says of a text: nothing where it takes it, its own error, or, beginning with FAILED, one that is not its own."""
    reader = READERS[of]
    try:
        reader.read(content)
    except reader.raises as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"{FAILED}{of}: {error!r}"
    return ""


def failures_within(of: str, seconds: float, seed: int = 1) -> dict[str, bytes]:
    """The kinds of errors of a reader, within so many seconds, that are not its own, each with a text; new texts all the time."""
    found: dict[str, bytes] = {}
    until = time.monotonic() + seconds

    @settings(
        max_examples=1000,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(contents(of))
    def read(content: bytes) -> None:
        if time.monotonic() > until:
            return
        said = outcome(of, content)
        if said.startswith(FAILED):
            found.setdefault(said.partition("(")[0], content)

    while time.monotonic() < until:
        hypothesis.seed(seed)(read)()
        seed += 1
    return found


def _spliced(example: bytes, begin: int, length: int, between: bytes) -> bytes:
    return example[:begin] + between + example[begin + length :]


def _replaced(data: Any, way: list[int], junk: Any) -> Any:
    """The data with the junk at the place to which the numbers lead."""
    if not way or not isinstance(data, (dict, list)) or not data:
        return junk
    number, rest = way[0] % len(data), way[1:]
    if isinstance(data, list):
        return [_replaced(each, rest, junk) if at == number else each for at, each in enumerate(data)]
    return {key: _replaced(each, rest, junk) if at == number else each for at, (key, each) in enumerate(data.items())}
