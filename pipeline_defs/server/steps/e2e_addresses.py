"""End-to-end addresses: where the end-to-end tests of a site send their requests, and what of it is refused before anything is changed."""

import re
from collections.abc import Iterator, Mapping

from pipeline_defs.config.testing import E2E
from pipeline_defs.release.postman import Collection, CollectionError, read_collection, read_environment
from pipeline_defs.release.records import Release
from pipeline_defs.release.request_targets import BASE_URL, Variables, foreign
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.site import Site

_HOST = re.compile(r"//(?:[^/?#@\s]*@)?(\[[^\]]*\]|[^/?#:\s]+)")
_MOST_TOLD = 5


def given_variables(site: Site, tests: E2E, release: Release | None) -> dict[str, str]:
    """What end-to-end tests get from Shipline: `base_url`, the expected version and commit, and what the app's file adds."""
    return {
        BASE_URL: tests.base_url or f"http://127.0.0.1:{site.config.port}",
        "expected_version": release.version if release else "",
        "expected_commit": release.commit if release else "",
        **tests.variables,
    }


def refuse_foreign(site: Site, files: Mapping[str, bytes], rehearsed: Site | None = None) -> None:
    """Refuse end-to-end tests whose requests do not go to the address under test, and collections that assert nothing.

    `files` are the release's. Of a rehearsal, `rehearsed` is the environment that no request may reach. Raises ServerError.
    """
    for tests in site.config.e2e:
        found = [*_in_production(site, tests, rehearsed), *_in_collection(site, tests, files)]
        if found:
            more = f"; and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
            name = tests.collection or "e2e"
            raise ServerError(f"{site}: {name} is not run: {'; '.join(found[:_MOST_TOLD])}{more}")


def production_names(site: Site, rehearsed: Site | None) -> tuple[str, ...]:
    """The names under which people find the environment that is rehearsed, those left out that the rehearsal has itself."""
    if rehearsed is None:
        return ()
    own = set(_names(site))
    return tuple(name for name in dict.fromkeys(_names(rehearsed)) if name not in own)


def uploads(tests: E2E, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The files of the release that a collection's requests upload."""
    try:
        collection = _collection(tests, files)
    except CollectionError:
        return ()
    named = [path.removeprefix("./") for path in collection.files] if collection else []
    return tuple(dict.fromkeys(path for path in named if path in files))


def _collection(tests: E2E, files: Mapping[str, bytes]) -> Collection | None:
    content = files.get(tests.collection or "")
    return None if content is None else read_collection(content, tests.collection or "")


def _in_collection(site: Site, tests: E2E, files: Mapping[str, bytes]) -> list[str]:
    try:
        collection = _collection(tests, files)
        if collection is None:
            return []
        environment = files.get(tests.environment or "")
        own = read_environment(environment, tests.environment or "") if environment is not None else {}
    except CollectionError as error:
        return [str(error)]
    variables = Variables(given_variables(site, tests, None), {**collection.variables, **own})
    return foreign(collection, variables, allow_empty=tests.allow_empty)


def _in_production(site: Site, tests: E2E, rehearsed: Site | None) -> Iterator[str]:
    """Addresses of the environment that is rehearsed, in what the app's file says."""
    if rehearsed is None:
        return
    names, address = set(production_names(site, rehearsed)), _netloc(rehearsed.config.url or "")
    for name, value in {BASE_URL: tests.base_url or "", **tests.variables}.items():
        theirs = (_hosts(value) | {value.lower()}) & names
        if theirs or (address and _netloc(value) == address):
            host = next(iter(theirs), address)
            yield f"{name} names {host}, which is {rehearsed.environment}; a rehearsal sends nothing there, write {{{{base_url}}}}"


def _names(site: Site) -> Iterator[str]:
    yield from _hosts(site.config.url or "")
    yield from (name for name in (site.config.route.hosts if site.config.route else ()))


def _hosts(text: str) -> set[str]:
    return {match[1].lower() for match in _HOST.finditer(text)}


def _netloc(url: str) -> str:
    """Host and port of an address; empty for what is none."""
    found = _HOST.search(url)
    return url[found.start(1) :].partition("/")[0].lower() if found else ""
