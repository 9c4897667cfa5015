"""Paging: whole lists of several pages, each with its ETag, so that looking at an unchanged list costs nothing."""

from collections.abc import Mapping
from typing import Any

from pipeline_defs.github.api.api_requests import A_PAGE, Access, expect_list
from pipeline_defs.github.api.github_facts import Validator

_TRIES = 3
_MOST_PAGES = 100


def read_list(
    access: Access, path: str, parameters: Mapping[str, Any], known: Validator | None
) -> tuple[list[Any] | None, Validator]:
    """All items, and by what they are known; None for the items where nothing has changed since `known`.

    The last page is never full: one item more would show on it, or on a page before. Where pages moved while they were read
    (an item may then stand on two pages, or on none), they are read again.
    """
    if known and _unchanged(access, path, parameters, known):
        return None, known
    for _ in range(_TRIES):
        items, validator = _read(access, path, parameters)
        if len(validator) == 1 or _unchanged(access, path, parameters, validator):
            return items, validator
    return items, {}  # it changes all the time: what was read, to be read again next time


def _unchanged(access: Access, path: str, parameters: Mapping[str, Any], known: Validator) -> bool:
    return bool(known) and all(
        etag and access.get(path, _page(parameters, int(page)), etag=etag).unchanged for page, etag in known.items()
    )


def _read(access: Access, path: str, parameters: Mapping[str, Any]) -> tuple[list[Any], Validator]:
    items: list[Any] = []
    validator: Validator = {}
    for page in range(1, _MOST_PAGES + 1):
        answer = access.get(path, _page(parameters, page))
        validator[str(page)] = answer.etag
        found = expect_list(answer.json())
        items += found
        if len(found) < A_PAGE and not answer.next:
            break
    return items, validator


def _page(parameters: Mapping[str, Any], page: int) -> dict[str, Any]:
    return {**parameters, "per_page": A_PAGE, "page": page}
