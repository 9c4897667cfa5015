"""Provenance: what is known of how an image was made, as an in-toto statement. Pure.

The forms are those of https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and https://slsa.dev/spec/v1.0/provenance.
"""

from typing import Any

from pipeline_defs.release.records import Image

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"


def provenance(image: Image, repository: str, home: str, shipline: str) -> dict[str, Any]:
    """The statement about one image, or about a set and each of its images: their digests are the subjects.

    `repository` is the address of its git repository, `home` names the builder, by the address of its web page, `shipline` is the
    builder's version. The image may have been promoted for a later commit than the one that built it; the source is the one that built it.
    """
    named = [(image.repository, image.digest), *((each.repository, each.digest) for each in image.images)]
    source = {"uri": f"git+{repository}", "digest": {"gitCommit": image.built_from}}
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": dict([digest.split(":", 1)])} for name, digest in named],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": f"{home}/image/v1",
                "externalParameters": {"source": source, "branch": image.branch, "version": image.version},
                "internalParameters": {
                    "tree": image.tree,
                    "promotedFor": image.commit,
                    "pull": image.pull,
                    "issue": image.issue,
                },
                "resolvedDependencies": [source],
            },
            "runDetails": {
                "builder": {"id": home, "version": {"shipline": shipline}},
                "metadata": {"invocationId": f"{home}/runs/{image.run}", "finishedOn": image.at},
            },
        },
    }
