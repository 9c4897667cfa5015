"""Runs put the statement of how an image was made beside it in the registry, once; and `shipline provenance --pushed` reads it there."""

import json
from pathlib import Path

import dagster as dg
import pytest
import requests

from pipeline_defs.cli.main import main
from pipeline_defs.cli.up_command import prepare
from pipeline_defs.config import Home
from pipeline_defs.release.records import Image
from pipeline_defs.resources.attestation import IN_TOTO, attested, statement_of
from pipeline_defs.resources.oci_artifact import Artifact
from pipeline_defs.resources.referrers import attach, list_tag
from pipeline_defs.resources.registry_client import Registry, registry_of
from pipeline_defs.resources.registry_errors import RegistryError
from tests.integration.tiny import IMAGE, Tiny
from tests.support.recorded import record
from tests.testbed.bed import TestBed

PAGE = "https://shipline.example.org"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose page has an address."""
    monkeypatch.setenv("SHIPLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHIPLINE_APPS", str(tmp_path))
    monkeypatch.setenv("SHIPLINE_URL", PAGE)
    return Home.find()


def made(tiny: Tiny, version: str, content: str) -> Image:
    """A run that makes or promotes an image, of which it gives the record."""
    tiny.run("deploy", IMAGE, tiny_image={"commit": tiny.commit(version, content), "branch": "main"})
    return tiny.images[0]


def said(tiny: Tiny, image: Image) -> str:
    """All that an image's run has logged."""
    return "\n".join(event.user_message for event in tiny.instance.all_logs(image.run))


def test_a_run_puts_the_statement_beside_the_image_for_everybody_who_knows_its_digest(
    tiny: Tiny, testbed: TestBed
) -> None:
    image = made(tiny, "1.0.0", "one")
    repository, digits = image.repository.partition("/")[2], image.digest.removeprefix("sha256:")
    with requests.Session() as anybody:
        anybody.auth = (testbed.registry.user, testbed.registry.password)
        base = f"http://{testbed.registry.address}/v2/{repository}"
        listed = anybody.get(
            f"{base}/manifests/sha256-{digits}",
            headers={"Accept": "application/vnd.oci.image.index.v1+json"},
            timeout=30,
        ).json()
        (entry,) = listed["manifests"]
        manifest = anybody.get(
            f"{base}/manifests/{entry['digest']}", headers={"Accept": entry["mediaType"]}, timeout=30
        ).json()
        (layer,) = manifest["layers"]
        statement = anybody.get(f"{base}/blobs/{layer['digest']}", timeout=30).json()
    assert entry["artifactType"] == manifest["artifactType"] == layer["mediaType"] == "application/vnd.in-toto+json"
    assert manifest["subject"]["digest"] == image.digest
    assert entry["annotations"] == {
        "in-toto.io/predicate-type": "https://slsa.dev/provenance/v1",
        "org.opencontainers.image.created": image.at,
        "shipline.app": "tiny",
    }
    assert statement["subject"] == [{"name": image.repository, "digest": {"sha256": digits}}]
    assert statement["predicate"]["runDetails"]["metadata"]["invocationId"] == f"{PAGE}/runs/{image.run}"
    assert statement == statement_of(tiny.app, image, PAGE)
    assert testbed.registry.password not in json.dumps([listed, manifest, statement])
    assert "push: its provenance is beside it in the registry" in said(tiny, image)


def test_a_promotion_leaves_the_statement_of_the_run_that_made_the_image(tiny: Tiny) -> None:
    first = made(tiny, "1.0.0", "one")
    registry = registry_of(tiny.app)
    listed = registry.manifest(list_tag(first.digest))
    second = made(tiny, "1.1.0", "one")
    assert (second.digest, second.version) == (first.digest, "1.1.0")
    assert registry.manifest(list_tag(first.digest)) == listed
    assert attested(registry, second) == statement_of(tiny.app, first, PAGE)
    assert "as the run that made it has put it there" in said(tiny, second)


def test_a_registry_that_takes_no_statement_fails_no_run(tiny: Tiny) -> None:
    first = made(tiny, "1.0.0", "one")
    registry = registry_of(tiny.app)
    registry.tag(first.digest, list_tag(first.digest))  # where the list was there is now something else
    second = made(tiny, "1.1.0", "one")
    assert second.version == "1.1.0"
    assert registry.digest_of("1.1.0") == registry.digest_of(list_tag(first.digest)) == first.digest
    (line,) = [line for line in said(tiny, second).splitlines() if "provenance" in line]
    assert line.startswith(
        "push: its provenance is not beside it, and all else goes on: what should list the referrers"
    )


def test_what_was_pushed_is_read_back(tiny: Tiny, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    image = made(tiny, "1.0.0", "one")
    prepare(home)
    with dg.DagsterInstance.from_config(str(home.root)) as instance:
        # A promotion is what this lineage knows last: what it prints is about that, and the registry has the making.
        newer = image.model_copy(update={"run": "later", "commit": "f" * 40, "at": "2099-05-04T11:00:00+00:00"})
        record(instance, newer)
    assert main(["--json", "provenance", "tiny", "1.0.0"]) == 0
    assert json.loads(capsys.readouterr().out) == statement_of(tiny.app, newer, PAGE)
    assert main(["--json", "provenance", "tiny", "1.0.0", "--pushed"]) == 0
    assert json.loads(capsys.readouterr().out) == statement_of(tiny.app, image, PAGE)
    assert main(["provenance", "tiny", "1.0.0", "--pushed"]) == 0
    assert image.digest.removeprefix("sha256:") in capsys.readouterr().out
    forget(registry_of(tiny.app), image)
    assert main(["provenance", "tiny", "1.0.0", "--pushed"]) == 1
    assert f"the registry has no provenance beside {image.reference}; the next run" in capsys.readouterr().err


def forget(registry: Registry, image: Image) -> None:
    """Remove the list of what refers to the image."""
    digest = registry.digest_of(list_tag(image.digest))
    registry.must(registry.ask("DELETE", f"manifests/{digest}"), "forget the list")


@pytest.mark.parametrize("content", [b"not JSON", b"[]", b'{"subject": [{"digest": {"sha256": "0"}}]}'])
def test_what_is_no_statement_about_the_image_is_refused(tiny: Tiny, content: bytes) -> None:
    image = made(tiny, "1.0.0", "one")
    registry = registry_of(tiny.app)
    forget(registry, image)
    annotations = {"shipline.app": "tiny", "in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
    attach(registry, image.digest, Artifact(IN_TOTO, content, annotations))
    with pytest.raises(RegistryError, match=f"as the provenance of {image.reference} is no statement about it"):
        attested(registry, image)
