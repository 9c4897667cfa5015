"""Collection checks: the Postman collections that end-to-end tests run: where their requests go, and the variables
in them that nothing sets.
"""

import re
from collections.abc import Iterator, Mapping

from pipeline_defs.config.testing import E2E
from pipeline_defs.doctor.finding import Finding, broken, good, warning
from pipeline_defs.release.postman import CollectionError, read_collection, read_environment
from pipeline_defs.server.core.command import ServerError
from pipeline_defs.server.core.site import Site
from pipeline_defs.server.steps.e2e_addresses import given_variables, refuse_foreign

_VARIABLE = re.compile(r"\{\{([^{}$\n][^{}\n]*)\}\}")
_SETS = re.compile(r"\.(?:set|setEnvironmentVariable|setGlobalVariable)\(\s*\\?[\"'`]([^\"'`\\\n]+)")


def collections(about: str, site: Site, files: Mapping[str, bytes], rehearsed: Site | None) -> Iterator[Finding]:
    """Do the collections among the files of a release ask the address under test alone, with variables that are all set?"""
    what = f"{site.environment}: end-to-end tests"
    try:
        refuse_foreign(site, files, rehearsed)
        for tests in site.config.e2e:
            if tests.collection is not None:
                yield _variables(about, what, site, tests, tests.collection, files)
    except (ServerError, CollectionError) as error:
        yield broken(about, what, error, "change the collection, or the key e2e")


def _variables(about: str, what: str, site: Site, tests: E2E, collection: str, files: Mapping[str, bytes]) -> Finding:
    known = set(given_variables(site, tests, None))
    if tests.environment:
        known |= set(read_environment(files[tests.environment], tests.environment))
    missing = unset(files[collection], collection, known)
    if not missing:
        return good(about, what, f"{collection}: every variable is set")
    names = ", ".join(f"{{{{{name}}}}}" for name in missing[:5])
    return warning(about, what, f"{collection} uses {names}, which nothing sets", "set it under e2e: variables")


def unset(content: bytes, name: str, known: set[str]) -> list[str]:
    """The variables of a collection that neither it nor one of its scripts sets, nor are `known`. Raises CollectionError."""
    own = set(read_collection(content, name).variables)
    text = content.decode("utf-8-sig")
    known = known | own | set(_SETS.findall(text))
    return [each for each in dict.fromkeys(_VARIABLE.findall(text)) if each not in known]
