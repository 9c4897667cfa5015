"""Postman: what a collection holds (v2.0 and v2.1): its requests, scripts, variables, and the files that it uploads. Pure.

The form is that of https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html. The file is outside text: whatever does not
have this form is passed over or refused, never trusted.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline_defs.config.base_error import ShiplineError

_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*", re.DOTALL)
_SENDS_WRITES = re.compile(r"\bmethod[\"']?\s*:\s*[\"'`](?:POST|PUT|PATCH|DELETE)", re.IGNORECASE)
_READS = ("GET", "HEAD", "OPTIONS")


class CollectionError(ShiplineError, ValueError):
    """A file that is no Postman collection or environment; one sentence."""


@dataclass(frozen=True)
class Request:
    """A request: its name with those of its folders, its method, and its address as it is written.

    `guarded`: a script before it may skip it (`pm.execution.skipRequest`), by what the Postman environment says.
    """

    name: str
    method: str
    url: str
    guarded: bool = False

    @property
    def writes(self) -> bool:
        """True for a method that may change something."""
        return self.method not in _READS


@dataclass(frozen=True)
class Script:
    """A script: whose it is, when it runs (`test` or `prerequest`), and its text without comments."""

    name: str
    when: str
    text: str


@dataclass(frozen=True)
class Collection:
    """What a collection holds.

    Attributes:
        variables: its own, those that are switched off left out.
        files: the paths of what its requests upload.
    """

    requests: tuple[Request, ...]
    scripts: tuple[Script, ...]
    variables: Mapping[str, str]
    files: tuple[str, ...]

    def writing(self, *, with_environment: bool) -> tuple[str, ...]:
        """What in it may change something, by name. Requests that may be skipped count where no environment tells them to."""
        requests = [each.name for each in self.requests if each.writes and not (each.guarded and with_environment)]
        return (*requests, *(each.name for each in self.scripts if _SENDS_WRITES.search(each.text)))

    @property
    def asserts(self) -> bool:
        """True when some script may make an assertion: `pm.test(…)`, or `tests[…] = …` as older ones write it."""
        return any(each.when == "test" and re.search(r"\btests?\b", each.text) for each in self.scripts)


def read_collection(content: bytes, name: str) -> Collection:
    """What the collection in the file `name` holds. Raises CollectionError."""
    top = _parsed(content, name)
    if isinstance(top.get("collection"), dict):  # as Postman's API gives it
        top = top["collection"]
    if not isinstance(top.get("item"), list):
        raise CollectionError(
            f"{name} is no Postman collection of version 2; export it from Postman as Collection v2.1"
        )
    requests, scripts, files = list[Request](), list(_scripts(top, "the collection")), list[str]()
    for path, item, guarded in _items(top["item"], _may_skip(top)):
        scripts += _scripts(item, path)
        if "request" in item:
            requests.append(replace(_request(path, item["request"]), guarded=guarded))
            files += _files(item["request"])
    return Collection(tuple(requests), tuple(scripts), _values(top.get("variable"), "disabled", off=True), tuple(files))


def read_environment(content: bytes, name: str) -> dict[str, str]:
    """The variables of a Postman environment, those that are switched off left out. Raises CollectionError."""
    top = _parsed(content, name)
    if not isinstance(top.get("values"), list):
        raise CollectionError(f"{name} is no Postman environment; export it from Postman")
    return _values(top["values"], "enabled", off=False)


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        top = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CollectionError(f"{name} is not JSON that can be read ({error})") from None
    if not isinstance(top, dict):
        raise CollectionError(f"{name} is no Postman file; export it from Postman")
    return top


def _items(top: list[Any], guarded: bool) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every folder and request, with its name and those of its folders, and whether a script before it may skip it."""
    waiting = [("", each, guarded) for each in reversed(top)]
    while waiting:
        above, item, guarded = waiting.pop()
        if isinstance(item, dict):
            path, guarded = f"{above}{_text(item.get('name')) or 'unnamed'}", guarded or _may_skip(item)
            yield path, item, guarded
            waiting += [(f"{path} / ", each, guarded) for each in reversed(_list(item.get("item")))]


def _may_skip(node: Mapping[str, Any]) -> bool:
    return any(each.when == "prerequest" and "skipRequest" in each.text for each in _scripts(node, ""))


def _request(path: str, request: Any) -> Request:
    if not isinstance(request, dict):
        return Request(path, "GET", _text(request))
    return Request(path, (_text(request.get("method")) or "GET").upper(), _url(request.get("url")))


def _url(url: Any) -> str:
    """The address as Newman puts it together: from its parts where it has a host, else from what is written."""
    if not isinstance(url, dict):
        return _text(url)
    host = url.get("host")
    host = ".".join(map(_text, host)) if isinstance(host, list) else _text(host)
    if not host:
        return _text(url.get("raw"))
    protocol, port, path = (_text(url.get(key)) for key in ("protocol", "port", "path"))
    if isinstance(url.get("path"), list):
        path = "/".join(_text(each.get("value")) if isinstance(each, dict) else _text(each) for each in url["path"])
    start = f"{protocol.removesuffix('://')}://" if protocol else ""
    return f"{start}{host}{f':{port}' if port else ''}{'/' if path else ''}{path.removeprefix('/')}"


def _scripts(node: Mapping[str, Any], name: str) -> Iterator[Script]:
    for event in _list(node.get("event")):
        if isinstance(event, dict) and not event.get("disabled"):
            script = event.get("script")
            lines = script.get("exec") if isinstance(script, dict) else script
            text = "\n".join(map(_text, lines)) if isinstance(lines, list) else _text(lines)
            yield Script(name, _text(event.get("listen")), _COMMENT.sub("", text))


def _files(request: Any) -> Iterator[str]:
    """The paths of a form's files, or of a body that is one."""
    body = request.get("body") if isinstance(request, dict) else None
    if isinstance(body, dict):
        parts = [*_list(body.get("formdata")), body.get("file")]
        for source in (part.get("src") for part in parts if isinstance(part, dict)):
            yield from (each for each in (source if isinstance(source, list) else [source]) if isinstance(each, str))


def _values(listed: Any, switch: str, *, off: bool) -> dict[str, str]:
    """{name: value} of a list of variables; those whose `switch` is `off` are left out."""
    known = [each for each in _list(listed) if isinstance(each, dict) and each.get(switch) is not off]
    return {_text(each.get("key") or each.get("id")): _text(each.get("value")) for each in known}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
