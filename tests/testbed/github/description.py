"""GitHub's published description of its API, from the npm package @octokit/openapi: fetched once, and cut to what is used."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.testbed import npm
from tests.testbed.checkout import state
from tests.testbed.github.rest import ROUTES

HERE = Path(__file__).parent / "description"
PACKAGE = "@octokit/openapi"
FORMAT = "7"
"""Raised when what is cut out changes its form."""
DROPPED = {
    "description",
    "example",
    "examples",
    "externalDocs",
    "discriminator",
    "deprecated",
    "title",
    "x-github",
    "default",
}

OLD_PATHS = {"/repos/{owner}/{repo}/statuses/{ref}": "/repos/{owner}/{repo}/commits/{ref}/statuses"}
"""Addresses that GitHub answers still and describes no more; PyGithub uses them."""
ALSO_NULL = [
    (name, *path)
    for name in ("pull-request", "pull-request-simple")
    for path in (["user"], ["head", "user"], ["head", "repo"])
]
"""Fields that are null when an account or a fork was deleted, although the description does not say so."""

Schema = dict[str, Any]


@functools.cache
def used() -> Schema:
    """The schemas of all routes (`answers`), of all webhooks (`payloads`), and what they refer to (`$defs`).

    Raises BedError when the description is not there and cannot be fetched.
    """
    folder = state("github-schema")
    wanted = [FORMAT, (HERE / "package-lock.json").read_text(), *sorted(route.name for route in ROUTES)]
    cut = folder / f"used-{hashlib.sha256('|'.join(wanted).encode()).hexdigest()[:12]}.json"
    if not cut.exists():
        with FileLock(folder / "lock"):
            if not cut.exists():
                unfinished = cut.with_suffix(".new")
                unfinished.write_text(json.dumps(_cut(json.loads(_whole(folder).read_text()))))
                for old in folder.glob("used-*.json"):
                    old.unlink()
                unfinished.replace(cut)
    found: Schema = json.loads(cut.read_text())
    return found


def _whole(folder: Path) -> Path:
    """The whole description; the package's other files are thirty times as large and not kept."""
    kept = folder / f"api.github.com-{npm.version(HERE, PACKAGE)}.json"
    return npm.fetched(HERE, PACKAGE, "generated/api.github.com.json", kept)


def _cut(whole: Schema) -> Schema:
    answers = {route.name: _answers(whole, route.method, route.template) for route in ROUTES}
    payloads = {
        name: _convert(hook["post"]["requestBody"]["content"]["application/json"]["schema"])
        for name, hook in whole["x-webhooks"].items()
        if name.split("-")[0] in ("push", "pull", "issue", "create", "delete", "ping", "merge")
    }
    definitions: Schema = {}
    for part in (answers, payloads):
        _collect(whole, part, definitions)
    for name, *above, field in ALSO_NULL:
        properties: Schema = definitions[name]["properties"]
        for step in above:
            properties = properties[step]["properties"]
        properties[field] = {"anyOf": [properties[field], {"type": "null"}]}
    return {"answers": answers, "payloads": payloads, "$defs": definitions}


def _answers(whole: Schema, method: str, template: str) -> Schema:
    """Schemas of one operation's answers by status; null where there is no content."""
    found: Schema = {}
    template = OLD_PATHS.get(template, template)
    for status, response in whole["paths"].get(template, {}).get(method.lower(), {}).get("responses", {}).items():
        if "$ref" in response:
            response = whole["components"]["responses"][response["$ref"].rpartition("/")[2]]
        content = response.get("content", {}).get("application/json")
        schema: Schema | None = _convert(content["schema"]) if content and "schema" in content else None
        if schema and "oneOf" in schema and status >= "400":
            schema["anyOf"] = schema.pop("oneOf")  # a plain error is several of these at once
        found[status] = schema
    return found


def _collect(whole: Schema, part: Any, definitions: Schema) -> None:
    """Everything a schema refers to, and what that refers to."""
    ahead = [part]
    while ahead:
        one = ahead.pop()
        if isinstance(one, list):
            ahead.extend(one)
        elif isinstance(one, dict):
            ahead.extend(one.values())
            name = str(one.get("$ref", "")).rpartition("/")[2]
            if name and name not in definitions:
                definitions[name] = _convert(whole["components"]["schemas"][name])
                ahead.append(definitions[name])


def _convert(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: `nullable` becomes a type, what only people read is left out.

    https://spec.openapis.org/oas/v3.0.3#schema-object
    """
    if isinstance(schema, list):
        return [_convert(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref'].rpartition('/')[2]}"}
    made: Schema = {}
    for key, value in schema.items():
        if key == "properties":
            made[key] = {name: _convert(one) for name, one in value.items()}
        elif key == "enum":
            made[key] = value
        elif key not in DROPPED and key != "nullable":
            made[key] = _convert(value)
    if not schema.get("nullable"):
        return made
    if isinstance(made.get("type"), str) and not {"enum", "oneOf", "anyOf", "allOf"} & made.keys():
        return made | {"type": [made["type"], "null"]}
    return {"anyOf": [made, {"type": "null"}]}
