"""Attestation: the statement of how an image was made, as it is put beside the image in the registry and read there.

Media type and annotation are those of https://docs.docker.com/build/metadata/attestations/attestation-storage/. It is not signed.
"""

import json
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline_defs.config.app import App
from pipeline_defs.release.provenance import PREDICATE, provenance
from pipeline_defs.release.records import Image
from pipeline_defs.resources.oci_artifact import Artifact
from pipeline_defs.resources.oci_manifest import is_digest
from pipeline_defs.resources.referrers import Entry, attach, referrers
from pipeline_defs.resources.registry_errors import RegistryError

if TYPE_CHECKING:
    from pipeline_defs.resources.registry_client import Registry

IN_TOTO = "application/vnd.in-toto+json"

_PREDICATE_TYPE = "in-toto.io/predicate-type"
_APP = "shipline.app"  # as on the image itself; others may have put provenance of theirs there
_NOWHERE = "https://shipline.invalid"
"""The builder's name while no page has an address that people reach: SHIPLINE_URL gives it one."""


def statement_of(app: App, image: Image, page: str) -> dict[str, Any]:
    """What is known of the image's making; `page` is the address of Shipline's web page, empty for none."""
    return provenance(image, _address(app), page or _NOWHERE, installed_version("shipline"))


def attest(registry: "Registry", image: Image, statement: dict[str, Any]) -> bool:
    """Put the statement beside the image, unless the app has one there: an image is made once, however often it is promoted.

    Gives False when one was there. Raises RegistryError where the registry does not take it.
    """
    if own(referrers(registry, image.digest), image.app):
        return False
    annotations = {_APP: image.app, _PREDICATE_TYPE: PREDICATE, "org.opencontainers.image.created": image.at}
    attach(registry, image.digest, Artifact(IN_TOTO, json.dumps(statement, sort_keys=True).encode(), annotations))
    return True


def attested(registry: "Registry", image: Image) -> dict[str, Any] | None:
    """The app's statement beside the image, None where there is none. Raises RegistryError for one about another image."""
    found = own(referrers(registry, image.digest), image.app)
    if not found:
        return None
    algorithm, _, digits = image.digest.partition(":")
    try:
        (layer,) = json.loads(registry.manifest(found[0]).content)["layers"]
        statement = dict(json.loads(registry.blob(layer["digest"])))
        about = any(subject["digest"][algorithm] == digits for subject in statement["subject"])
    except (ValueError, KeyError, TypeError, RecursionError):
        about = False
    if not about:
        raise RegistryError(
            f"what the registry {registry.host} has as the provenance of {image.reference} is no statement about it "
            f"({found[0]}); do not use it"
        )
    return statement


def own(listed: list[Entry], app: str) -> list[str]:
    """The digests of what the app has put there of its provenance, in the order of the list."""
    wanted = {_APP: app, _PREDICATE_TYPE: PREDICATE}
    return [
        each["digest"]
        for each in listed
        if is_digest(each["digest"])
        and each.get("artifactType") == IN_TOTO
        and isinstance(said := each.get("annotations"), dict)
        and all(said.get(name) == value for name, value in wanted.items())
    ]


def _address(app: App) -> str:
    """Where the app's repository is, without a name or password that its address may hold."""
    if app.full_name:
        return f"https://github.com/{app.full_name}"
    parts = urlsplit(app.repository)
    return (
        parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        if parts.scheme in ("http", "https")
        else app.repository
    )
