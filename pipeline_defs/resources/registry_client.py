"""Registry client: the images' store, spoken to over its HTTP API (the OCI distribution specification, v1.1)."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from pipeline_defs.config.app import App
from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.oci_manifest import INDEXES, MANIFESTS, Manifest, digest_of, is_digest, media_type_of
from pipeline_defs.resources.registry_connection import RegistryConnection
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_login import DOCKER_HUB, Credentials

TAGS_A_PAGE = 1000

_T = TypeVar("_T")

_DOCKER_HUB_KEY = "https://index.docker.io/v1/"  # its name in a config.json, for historical reasons


class Registry(RegistryConnection):
    """One image's repository in its registry. Tags are moved without a layer being pulled or pushed."""

    def docker_config(self) -> Secret | None:
        """A Docker `config.json` that logs in here; None where there is no login of ours."""
        if self.credentials is None:
            return None
        key = _DOCKER_HUB_KEY if self.host == DOCKER_HUB else self.host
        return Secret(json.dumps({"auths": {key: {"auth": self.credentials.pair}}}))

    def beside(self, repository: str) -> "Registry":
        """Another repository of the same registry, with the same log-in. Raises RegistryError for one of another registry."""
        other = Registry(repository, self.credentials, insecure=self.base.startswith("http://"))
        if other.host != self.host:
            raise RegistryError(
                f"{repository} is not in the registry {self.host}, for which the log-in is; do not use it"
            )
        return other

    def digest_of(self, tag: str) -> str | None:
        """The digest that a tag (or digest) names now, None where there is no such thing."""
        answer = self.ask("HEAD", f"manifests/{tag}", accept=INDEXES + MANIFESTS)
        if answer.status_code == requests.codes.not_found:
            return None
        self.must(answer, f"find {tag}")
        return answer.headers.get("Docker-Content-Digest") or self.manifest(tag).digest

    def exists(self, digest: str) -> bool:
        """True when the registry serves this digest."""
        return self.digest_of(digest) is not None

    def manifest(self, reference: str) -> Manifest:
        """The manifest (or index) of a tag or digest, its content checked against its digest."""
        found = self.find(reference)
        if found is None:
            raise RegistryError(f"the registry {self.host} has no image {self.name} with {_named(reference)}")
        return found

    def find(self, reference: str) -> Manifest | None:
        """Like `manifest`, but None where there is no such thing."""
        answer = self.ask("GET", f"manifests/{reference}", accept=INDEXES + MANIFESTS)
        if answer.status_code == requests.codes.not_found:
            return None
        self.must(answer, f"read {reference}")
        if reference.startswith("sha256:"):
            self._check(reference, answer.content)
        media_type = media_type_of(answer.headers.get("Content-Type", ""), answer.content)
        if not media_type:
            raise RegistryError(f"the registry {self.host} does not say what {reference} of {self.name} is")
        return Manifest(media_type, answer.content)

    def tag(self, digest: str, *tags: str) -> None:
        """Make the tags name this digest: the same manifest is written under each name."""
        manifest = self.manifest(digest)
        for tag in tags:
            self.write(tag, manifest, f"move the tag {tag}")

    def write(self, reference: str, manifest: Manifest, purpose: str) -> str:
        """Write a manifest under a tag, or under its own digest; gives the digest that the registry says it refers to, or nothing."""
        headers = {"Content-Type": manifest.media_type}
        answer = self.ask("PUT", f"manifests/{reference}", headers=headers, data=manifest.content)
        self.must(answer, purpose)
        return answer.headers.get("OCI-Subject", "")

    def blob(self, digest: str) -> bytes:
        """What a manifest names by its digest, checked against it."""
        if not is_digest(digest):
            raise RegistryError(f"the registry {self.host} names {digest!r}, which is no digest; do not use it")
        answer = self.ask("GET", f"blobs/{digest}")
        self.must(answer, f"read {digest}")
        self._check(digest, answer.content)
        return answer.content

    def keep(self, content: bytes) -> None:
        """Let the registry keep some bytes, which a manifest can then name by their digest; nothing is sent where it has them."""
        digest = digest_of(content)
        if self.ask("HEAD", f"blobs/{digest}").ok:
            return
        begun = self.ask("POST", "blobs/uploads/")
        self.must(begun, "begin an upload")
        place = begun.headers.get("Location")
        if not place:
            raise RegistryError(f"the registry {self.host} does not say where {self.name} takes an upload")
        headers = {"Content-Type": "application/octet-stream"}
        self.must(self.ask("PUT", place, params={"digest": digest}, headers=headers, data=content), f"keep {digest}")

    def tags(self) -> list[str]:
        """All tags of the repository, sorted; none where the repository does not exist yet."""
        found: list[str] = []
        page: str | None = f"tags/list?n={TAGS_A_PAGE}"
        while page:
            answer = self.ask("GET", page)
            if answer.status_code == requests.codes.not_found:
                return []
            self.must(answer, "list the tags")
            found += self._fact(
                lambda said: [str(tag) for tag in json.loads(said)["tags"] or ()], answer.content, "list of tags"
            )
            page = answer.links.get("next", {}).get("url")
        return sorted(found)

    def config_labels(self, digest: str) -> dict[str, str]:
        """The labels in the configuration of the image; of an index, those of its first real platform."""
        return self._fact(_labels, self._configurations(digest), f"configuration of {digest}")

    def platforms(self, digest: str) -> tuple[str, ...]:
        """What the image was built for, such as `linux/amd64` or `linux/arm/v7`."""
        return self._fact(_platforms, self._configurations(digest), f"configuration of {digest}")

    def _configurations(self, digest: str) -> list[dict[str, Any]]:
        """The configuration of the image; of an index, one for each platform. What only attests to others is left out."""
        manifest = self.manifest(digest)
        if manifest.media_type in INDEXES:
            images = self._fact(_images, manifest.content, f"index {digest}")
            return [found for image in images for found in self._configurations(image)]
        named = self._fact(
            lambda said: str(json.loads(said)["config"]["digest"]), manifest.content, f"manifest {digest}"
        )
        return [self._fact(lambda said: dict(json.loads(said)), self.blob(named), f"configuration of {digest}")]

    def _fact(self, read: Callable[[Any], _T], said: Any, what: str) -> _T:
        """What can be read in an answer. Raises RegistryError where it is not what it should be."""
        try:
            return read(said)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise RegistryError(
                f"what the registry {self.host} gave as the {what} of {self.name} is none; is it a registry, or is there a proxy "
                "in between?"
            ) from None

    def _check(self, digest: str, content: bytes) -> None:
        if digest_of(content) != digest:
            raise RegistryError(
                f"the registry {self.host} gave other content ({digest_of(content)}) for {digest}; do not use it"
            )


def registry_of(app: App) -> Registry:
    """The repository of the app's image, with the app's credentials. Raises SecretUnavailable."""
    if app.registry is None:
        return Registry(app.image)
    credentials = Credentials(app.registry.username.read().reveal(), app.registry.password.read())
    return Registry(app.image, credentials, insecure=app.registry.insecure)


def _images(content: bytes) -> list[str]:
    """The digests that an index names, without those of attestations where there are others."""
    listed = json.loads(content)["manifests"]
    real = [image for image in listed if (image.get("platform") or {}).get("architecture") != "unknown"]
    return [str(image["digest"]) for image in real or listed]


def _labels(configurations: list[dict[str, Any]]) -> dict[str, str]:
    labels = (configurations[0].get("config") or {}).get("Labels") or {}
    return {str(name): str(value) for name, value in labels.items()}


def _platforms(configurations: list[dict[str, Any]]) -> tuple[str, ...]:
    words = ("os", "architecture", "variant")
    return tuple("/".join(each[word] for word in words if each.get(word)) for each in configurations)


def _named(reference: str) -> str:
    return f"the digest {reference}" if reference.startswith("sha256:") else f"the tag {reference}"
