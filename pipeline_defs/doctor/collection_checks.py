"""Collection checks: the Postman collections that end-to-end tests run: where their requests go, the variables in them
that nothing sets, and those that change data where a release is deployed to.
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
        for sentence in writing_unasked(site, files):
            says, _, remedy = sentence.partition("; ")
            yield warning(about, what, says, remedy)
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


def writing_unasked(site: Site, files: Mapping[str, bytes]) -> Iterator[str]:
    """A sentence for each collection that changes data in an environment that is deployed to, and is not declared safe there.

    What a command does cannot be seen, so nothing is said of it. Raises CollectionError.
    """
    for tests in () if site.config.rehearses else site.config.e2e:
        content = files.get(tests.collection or "")
        if content is None or tests.production is not None:
            continue
        collection = read_collection(content, tests.collection or "")
        if writing := collection.writing(with_environment=tests.environment is not None):
            more = f" and {len(writing) - 3} more" if len(writing) > 3 else ""
            yield (
                f"{tests.collection} changes data in {site.environment} ({', '.join(writing[:3])}{more}); write "
                "`production: safe` beside it under e2e if it may, or give a collection that only reads"
            )


def unset(content: bytes, name: str, known: set[str]) -> list[str]:
    """The variables of a collection that neither it nor one of its scripts sets, nor are `known`. Raises CollectionError."""
    own = set(read_collection(content, name).variables)
    text = content.decode("utf-8-sig")
    known = known | own | set(_SETS.findall(text))
    return [each for each in dict.fromkeys(_VARIABLE.findall(text)) if each not in known]
