"""End-to-end suggestion: what a repository's Postman collections suggest for an environment."""

from pathlib import PurePosixPath
from typing import Any

from pipeline_defs.proposal.draft import Draft
from pipeline_defs.proposal.repository_scan import Repository
from pipeline_defs.release.postman import CollectionError, read_collection, read_environment
from pipeline_defs.release.request_targets import BASE_URL, Variables, foreign, mapped

_PRODUCTION = "production"


def end_to_end(draft: Draft, repository: Repository, environment: str, port: int) -> dict[str, Any]:
    """Every collection that may run there, with the Postman environment that has the environment's name in its own.

    A collection's own variable for the address becomes the address under test. One that writes is not proposed for production: only
    people know whether it may write there.
    """
    if not repository.collections:
        draft.lacks("a Postman collection, or another end-to-end test under `e2e`: it decides whether a release works")
        return {}
    fitting = [path for path in repository.postman_environments if environment in PurePosixPath(path).name.lower()]
    made = [
        _entry(draft, repository, path, fitting[0] if fitting else "", environment, port)
        for path in repository.collections
    ]
    found = [entry for entry in made if entry]
    return {"e2e": found} if found else {}


def _entry(
    draft: Draft, repository: Repository, path: str, postman_environment: str, environment: str, port: int
) -> dict[str, Any] | None:
    try:
        collection = read_collection((repository.root / path).read_bytes(), path)
        own = _own(repository, postman_environment)
    except (OSError, CollectionError) as error:
        draft.lacks(f"e2e: {path} is left out: {error}")
        return None
    writing = collection.writing(with_environment=bool(postman_environment))
    if environment == _PRODUCTION and writing:
        draft.lacks(
            f"e2e: {path} changes data ({', '.join(writing[:3])}), so it is not proposed for production; "
            "write it under production's e2e with `production: safe` if it may, or give a collection that only reads"
        )
        return None
    given = {BASE_URL: f"http://127.0.0.1:{port}", "expected_version": "", "expected_commit": ""}
    variables = mapped(collection, Variables(given, {**collection.variables, **own}))
    for phrase in foreign(collection, Variables({**given, **variables}, {**collection.variables, **own})):
        draft.lacks(f"e2e: {path}: {phrase}")
    return {
        "collection": path,
        **({"environment": postman_environment} if postman_environment else {}),
        **({"variables": variables} if variables else {}),
    }


def _own(repository: Repository, path: str) -> dict[str, str]:
    return read_environment((repository.root / path).read_bytes(), path) if path else {}
