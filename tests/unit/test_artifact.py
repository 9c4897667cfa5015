"""What is put beside an image: its manifest, and the list of what refers to the image, in which others have their entries."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.resources.attestation import IN_TOTO, own
from pipeline_defs.resources.oci_artifact import NOTHING, Artifact
from pipeline_defs.resources.oci_manifest import INDEX, MANIFEST, Manifest, digest_of
from pipeline_defs.resources.referrers import entries, list_tag, with_entry
from pipeline_defs.resources.registry_errors import RegistryError

IMAGE = Manifest(MANIFEST, b'{"schemaVersion": 2}')
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
digests = st.binary(max_size=8).map(digest_of)
others = st.builds(
    lambda digest, more: {**more, "digest": digest}, digests, st.dictionaries(st.text(), anything, max_size=3)
)
lists = st.builds(
    lambda more, manifests: {**more, "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests},
    st.dictionaries(st.text(), anything, max_size=3),
    st.lists(others, max_size=4),
)
artifacts = st.builds(
    Artifact,
    st.just(IN_TOTO),
    st.binary(max_size=32),
    st.dictionaries(st.text(), st.text(), max_size=3),
)


def index(said: Any) -> Manifest:
    return Manifest(INDEX, json.dumps(said).encode())


@given(lists, artifacts)
def test_an_entry_is_added_and_all_others_stay_as_they_are(said: dict[str, Any], artifact: Artifact) -> None:
    entry = artifact.entry(IMAGE)
    after = with_entry(index(said), entry)
    written = json.loads(after.content)
    assert after.media_type == INDEX
    assert {**written, "manifests": said["manifests"]} == said
    assert written["manifests"] == [*said["manifests"], entry]
    assert with_entry(after, entry) == after


@given(artifacts)
def test_the_first_entry_makes_the_list(artifact: Artifact) -> None:
    entry = artifact.entry(IMAGE)
    made = with_entry(None, entry)
    assert json.loads(made.content) == {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    assert entries(made) == [entry]
    assert entries(None) == []


@given(st.binary() | anything.map(lambda said: json.dumps(said).encode()))
def test_what_is_no_list_is_refused_in_a_sentence(content: bytes) -> None:
    for ask in (entries, lambda found: with_entry(found, {"digest": "sha256:0"})):
        with pytest.raises(RegistryError, match=r"is no such list \(sha256:[0-9a-f]{64}\); it is left as it is"):
            ask(Manifest(INDEX, content))


def test_a_list_of_another_kind_is_refused() -> None:
    with pytest.raises(RegistryError, match="is no such list"):
        entries(Manifest(DOCKER_LIST, json.dumps({"manifests": []}).encode()))


@given(artifacts, st.binary(max_size=32))
def test_the_manifest_names_content_and_image_and_is_always_the_same(artifact: Artifact, image: bytes) -> None:
    about = Manifest(DOCKER_LIST, image)
    manifest = artifact.manifest(about)
    said = json.loads(manifest.content)
    assert manifest == artifact.manifest(about)
    assert (said["schemaVersion"], said["mediaType"], said["artifactType"]) == (2, MANIFEST, artifact.media_type)
    assert said["subject"] == {"mediaType": DOCKER_LIST, "digest": digest_of(image), "size": len(image)}
    # The digest of the empty configuration is part of the specification.
    assert said["config"] == {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        "size": len(NOTHING),
    }
    (layer,) = said["layers"]
    assert (layer["digest"], layer["size"]) == (digest_of(artifact.content), len(artifact.content))
    entry = artifact.entry(about)
    assert (entry["digest"], entry["size"], entry["mediaType"]) == (manifest.digest, len(manifest.content), MANIFEST)
    assert (entry["artifactType"], entry["annotations"]) == (said["artifactType"], said["annotations"])


@given(st.lists(others))
def test_what_others_have_put_there_is_not_taken_for_ours(listed: list[dict[str, Any]]) -> None:
    annotations = {"shipline.app": "shop", "in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
    ours = Artifact(IN_TOTO, b"{}", annotations).entry(IMAGE)
    of_another = Artifact(IN_TOTO, b"{}", {**annotations, "shipline.app": "blog"}).entry(IMAGE)
    of_another_kind = Artifact(
        IN_TOTO, b"{}", {**annotations, "in-toto.io/predicate-type": "https://spdx.dev/Document"}
    )
    odd: list[dict[str, Any]] = [{**ours, "annotations": [annotations]}, {**ours, "digest": "../manifests/latest"}]
    found = [*odd, of_another, *listed, of_another_kind.entry(IMAGE), ours]
    assert own(found, "shop") == [ours["digest"]]


def test_the_tag_of_the_list() -> None:
    assert list_tag(f"sha256:{'a' * 64}") == f"sha256-{'a' * 64}"
