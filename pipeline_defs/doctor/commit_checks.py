"""Commit checks: what a deployment of one commit would meet, tried without changing anything: Dockerfile, version,
tests, and each environment.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from pipeline_defs.config import App, SecretUnavailable
from pipeline_defs.config.build import ImageTest
from pipeline_defs.config.images import variable_of
from pipeline_defs.doctor.collection_checks import collections
from pipeline_defs.doctor.dockerfile_checks import dockerfile, image_checks
from pipeline_defs.doctor.finding import Finding, broken, good
from pipeline_defs.doctor.server_trial import Tried, tried
from pipeline_defs.github.api.git_login import source_of
from pipeline_defs.release.tags import tree_tag
from pipeline_defs.release.version import Version, VersionError
from pipeline_defs.resources.compose_test_file import Merging, merge
from pipeline_defs.resources.docker_client import EngineError, find_client
from pipeline_defs.resources.git_source import Source
from pipeline_defs.resources.image_trees import tree_and_code, trees_of
from pipeline_defs.resources.registry_client import registry_of
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.release_files import release_files
from pipeline_defs.resources.source_errors import SourceError
from pipeline_defs.resources.tree_hash import inside
from pipeline_defs.resources.version_tags import version_tags
from pipeline_defs.server.compose.site_settings import settings_of
from pipeline_defs.server.core.site import Site


@dataclass(frozen=True)
class Checkout:
    """A commit's files, with what findings about it are headed by."""

    app: App
    commit: str
    folder: Path
    source: Source

    @property
    def about(self) -> str:
        """`shop at 1a2b3c4`."""
        return f"{self.app.name} at {self.commit[:7]}"


def commit(
    app: App, workspace: Path, name: str = "", environments: Collection[str] = (), places: list[Tried] | None = None
) -> Iterator[Finding]:
    """Try a commit, branch or tag; by default the head of the main branch, or of the development branch where that is not there.

    `environments` are those it is tried in, by default all. `places` takes what was tried, with the ports that would be published.
    A repository that cannot be read is told by the look at it.
    """
    try:
        source = source_of(app, workspace)
        found = source.resolve(name) if name else _newest(app, source.heads(app.branches.shipping))
        if found is None:
            return
        with source.checkout(found, plain=True) as folder:
            yield from _findings(Checkout(app, found, folder, source), environments, [] if places is None else places)
    except SourceError as error:
        if name:
            yield broken(app.name, "commit", error)


def _newest(app: App, heads: dict[str, str]) -> str | None:
    return heads.get(app.branches.main) or heads.get(app.branches.development)


def _findings(given: Checkout, environments: Collection[str], places: list[Tried]) -> Iterator[Finding]:
    yield from dockerfile(given.app, given.about, given.folder)
    version, told = _version(given)
    yield told
    if given.app.test:
        yield _tests(given, given.app.test)
    for name in environments or given.app.environments:
        yield from _environment(given, name, version, places)


def _version(given: Checkout) -> tuple[str, Finding]:
    """The version, and whether an image may get it."""
    app, file = given.app, given.app.version_file
    if app.versioning == "tags":
        return _version_of_tags(given)
    try:
        text = inside(given.folder, file, "version_file").read_text(errors="replace")
        version = str(Version.parse(text))
    except EngineError as error:
        return "0.0.0", broken(given.about, "version", error, f"write one: echo 0.1.0 >{file}")
    except VersionError as error:
        return "0.0.0", broken(given.about, "version", f"{file}: {error}", "write three numbers, such as 0.1.0")
    try:
        registry = registry_of(app)
        known = registry.digest_of(version)
        tree, _ = tree_and_code(app, trees_of(app, given.folder))
        same = known is None or registry.digest_of(tree_tag(tree)) == known
    except (RegistryError, SecretUnavailable, EngineError):
        return version, good(given.about, "version", f"{version}; whether it is new the registry did not say")
    if same:
        return version, good(
            given.about, "version", f"{version} names {'an image of this source' if known else 'no image yet'}"
        )
    if app.versioning == "automatic":
        return version, good(given.about, "version", f"{version}; Shipline raises it when this is merged")
    says = f"{version} names an image that was built from another source"
    return version, broken(given.about, "version", says, f"raise the number in {file}")


def _version_of_tags(given: Checkout) -> tuple[str, Finding]:
    """The version by git's tags. Which number the next image gets is not certain before it is built."""
    try:
        tags = version_tags(given.source, given.commit)
        version = str(tags.version)
    except (SourceError, VersionError) as error:
        return "0.0.0", broken(given.about, "version", error, "tag the commit with the next one, such as v1.5.0")
    told = (
        f"{version}, the commit's tag" if tags.here else f"{version} or a later patch, after {tags.newest or 'no tag'}"
    )
    return version, good(given.about, "version", told)


def _tests(given: Checkout, test: ImageTest) -> Finding:
    """Can the compose file of the image's tests be read, and does it test the image?"""
    try:
        file = inside(given.folder, test.compose, "test.compose")
        several = {variable_of(name): f"shipline/image/{name}" for name in given.app.images}
        merging = Merging("shipline/image", "/results", "shipline-doctor", "shipline/tests", images=several)
        merge(find_client(), file, test, merging)
    except EngineError as error:
        return broken(
            given.about, "tests", error, "change it, or the key test; test: null is for an image without tests"
        )
    return good(given.about, "tests", f"{test.compose} tests the image")


def _environment(given: Checkout, name: str, version: str, places: list[Tried]) -> Iterator[Finding]:
    """What an environment's hosts say of the files; remembers the ports that they would publish in `places`."""
    app = given.app
    site = Site.of(app, name)
    try:
        settings = settings_of(site)
        login = registry_of(app).docker_config()
        files = release_files(site, given.folder, settings)
    except (SecretUnavailable, RegistryError):
        return  # told by the looks at secrets and registry
    except EngineError as error:
        yield broken(given.about, f"{name}: files", error, "add it to the repository, or take it out of the app's file")
        return
    rehearsed = Site.of(app, site.config.rehearses) if site.config.rehearses else None
    yield from collections(given.about, site, files, rehearsed)
    for host in site.config.hosts:
        here = Tried(
            app, name, host, given.commit, version, files, settings, login, image_checks=image_checks(app, given.folder)
        )
        yield from tried(here, given.about)
        places.append(here)


def shared_ports(places: Collection[Tried]) -> Iterator[Finding]:
    """Do two environments, of one app or of two, publish one port on one host?"""
    for one, other in combinations(places, 2):
        if one.host.place == other.host.place and one.site.project != other.site.project:
            for port in sorted(_both_publish(one, other)):
                says = f"{one.site.project} and {other.site.project} both publish the port {port} on {one.host}"
                what = f"{other.environment}: compose file"
                yield broken(
                    f"{other.app.name} at {other.commit[:7]}", what, says, "publish another one in one of them"
                )


def _both_publish(one: Tried, other: Tried) -> set[str]:
    """The ports that two environments of one host would publish; the router's is one for all that it serves."""
    return set(one.ports) & set(other.ports) | set(one.ports) & _routers(other) | _routers(one) & set(other.ports)


def _routers(place: Tried) -> set[str]:
    """The ports of the router that serves an environment."""
    router = place.host.router
    return {str(router.http), str(router.https)} if place.site.config.route else set()
