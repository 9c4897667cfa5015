"""What is kept beside an image, in a real registry: the list under a tag, in which others have theirs; and other registries."""

import json
import uuid
from collections.abc import Iterator

import pytest

from pipeline_defs.config import Secret
from pipeline_defs.resources.oci_artifact import NOTHING, Artifact
from pipeline_defs.resources.oci_manifest import INDEX, MANIFEST, Manifest, descriptor
from pipeline_defs.resources.referrers import WRITES, attach, list_tag, referrers
from pipeline_defs.resources.registry_client import Registry
from pipeline_defs.resources.registry_errors import RegistryError
from pipeline_defs.resources.registry_login import Credentials
from tests.integration.registry_front import Front, standing_before
from tests.testbed.bed import TestBed

KIND = "application/vnd.in-toto+json"
OURS = Artifact(KIND, b'{"ours": true}', {"shipline.app": "shop"})
THEIRS = Artifact("application/vnd.example.scan+json", b'{"theirs": true}', {"org.example.scanner": "1"})


@pytest.fixture
def front(testbed: TestBed) -> Iterator[Front]:
    """A front that forwards everything yet."""
    with standing_before(testbed.registry.address) as server:
        yield server


@pytest.fixture
def registry(testbed: TestBed) -> Registry:
    """A new repository in the bed's registry."""
    credentials = Credentials(testbed.registry.user, Secret(testbed.registry.password))
    return Registry(f"{testbed.registry.address}/test/{uuid.uuid4().hex[:12]}", credentials)


def behind(front: Front, registry: Registry) -> Registry:
    return Registry(f"{front.address}/{registry.name}", registry.credentials)


def image_in(registry: Registry) -> str:
    """The smallest image that a registry takes; its digest."""
    registry.keep(NOTHING)
    said = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", NOTHING),
        "layers": [],
    }
    image = Manifest(MANIFEST, json.dumps(said).encode())
    registry.write("1.0.0", image, "push the image")
    return image.digest


def test_the_list_under_the_tag_keeps_what_others_put_there(registry: Registry) -> None:
    digest = image_in(registry)
    image = registry.manifest(digest)
    registry.keep(THEIRS.content)
    registry.write("theirs", THEIRS.manifest(image), "keep theirs")
    theirs = {**THEIRS.entry(image), "org.example.unknown": [1, {"to": "us"}]}
    kept = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [theirs], "annotations": {"of": "others"}}
    registry.write(list_tag(digest), Manifest(INDEX, json.dumps(kept, indent=4).encode()), "write the list")
    attach(registry, digest, OURS)
    after = json.loads(registry.manifest(list_tag(digest)).content)
    assert after == {**kept, "manifests": [theirs, OURS.entry(image)]}
    assert referrers(registry, digest) == after["manifests"]
    manifest = registry.manifest(after["manifests"][1]["digest"])
    assert json.loads(manifest.content)["subject"]["digest"] == digest
    assert registry.blob(json.loads(manifest.content)["layers"][0]["digest"]) == OURS.content
    assert registry.digest_of("1.0.0") == digest, "the image itself is as it was"


def test_again_changes_nothing(registry: Registry, front: Front) -> None:
    digest = image_in(registry)
    attach(registry, digest, OURS)
    tags, listed = registry.tags(), registry.manifest(list_tag(digest))
    attach(behind(front, registry), digest, OURS)
    assert (registry.tags(), registry.manifest(list_tag(digest))) == (tags, listed)
    assert {line.partition(" ")[0] for line in front.asked} == {"GET"}


def test_what_was_cut_off_before_the_list_is_finished(registry: Registry) -> None:
    digest = image_in(registry)
    manifest = OURS.manifest(registry.manifest(digest))
    registry.keep(OURS.content)
    registry.write(manifest.digest, manifest, "keep it")
    assert referrers(registry, digest) == []
    attach(registry, digest, OURS)
    assert [each["digest"] for each in referrers(registry, digest)] == [manifest.digest]


def test_a_registry_that_lists_by_itself_gets_no_tag(registry: Registry, front: Front) -> None:
    digest = image_in(registry)
    front.listed = []
    for artifact in (THEIRS, OURS, OURS):
        attach(behind(front, registry), digest, artifact)
    found = referrers(behind(front, registry), digest)
    assert [each["artifactType"] for each in found] == [THEIRS.media_type, OURS.media_type]
    assert registry.tags() == ["1.0.0"]


def test_an_entry_that_another_writer_loses_is_written_again(registry: Registry, front: Front) -> None:
    digest = image_in(registry)
    image = registry.manifest(digest)
    registry.keep(THEIRS.content)
    registry.write("theirs", THEIRS.manifest(image), "keep theirs")
    theirs = Manifest(
        INDEX, json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [THEIRS.entry(image)]}).encode()
    )
    writes: list[str] = []

    def once() -> None:
        if not writes:
            writes.append(registry.write(list_tag(digest), theirs, "write theirs, who have not seen ours"))

    front.after_list = once
    attach(behind(front, registry), digest, OURS)
    assert referrers(registry, digest) == [THEIRS.entry(image), OURS.entry(image)]

    front.after_list = lambda: writes.append(registry.write(list_tag(digest), theirs, "write theirs, for ever"))
    with pytest.raises(
        RegistryError, match=rf"loses what is written to the list {list_tag(digest)} in {registry.name}"
    ):
        attach(behind(front, registry), digest, Artifact(KIND, b"{}"))
    assert len(writes) == 1 + WRITES


def test_a_tag_that_is_no_list_is_left_as_it_is(registry: Registry) -> None:
    digest = image_in(registry)
    registry.tag(digest, list_tag(digest))
    with pytest.raises(RegistryError, match="is no such list"):
        attach(registry, digest, OURS)
    assert registry.digest_of(list_tag(digest)) == digest
    assert registry.tags() == ["1.0.0", list_tag(digest)]


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (("POST", "/blobs/uploads/"), "could not begin an upload in {name}: status 405 no artifacts here"),
        (("PUT", "/blobs/uploads/"), r"could not keep sha256:\w+ in {name}: status 405 no artifacts here"),
        (
            ("PUT", "/manifests/sha256:"),
            r"could not keep what refers to {digest} in {name}: status 405 no artifacts here",
        ),
        (
            ("PUT", "/manifests/sha256-"),
            "could not write the list sha256-{digits} in {name}: status 405 no artifacts here",
        ),
        (("GET", "/referrers/"), "could not list what refers to {digest} in {name}: status 405 no artifacts here"),
    ],
)
def test_a_registry_that_refuses_is_named(
    registry: Registry, front: Front, refused: tuple[str, str], sentence: str
) -> None:
    digest = image_in(registry)
    front.refused = refused
    wanted = sentence.format(name=registry.name, digest=digest, digits=digest.removeprefix("sha256:"))
    with pytest.raises(RegistryError, match=rf"^the registry {front.address} {wanted}$"):
        attach(behind(front, registry), digest, OURS)
    assert registry.tags() == ["1.0.0"]


def test_nothing_is_sent_to_an_address_elsewhere(registry: Registry, front: Front) -> None:
    digest = image_in(registry)
    front.upload_at = "http://registry.invalid/v2/upload?state=s3cr3t"
    with pytest.raises(RegistryError) as caught:
        attach(behind(front, registry), digest, OURS)
    assert str(caught.value) == f"the registry {front.address} sends us to registry.invalid, which is not asked"


def test_what_is_no_digest_is_not_asked_for(registry: Registry) -> None:
    with pytest.raises(
        RegistryError, match=r"^the registry .* names '\.\./manifests/1\.0\.0', which is no digest; do not use it$"
    ):
        registry.blob("../manifests/1.0.0")
