"""The statement of how an image was made has the form that others read: fields and types of in-toto's v1 and SLSA's v1.0.

Their published forms: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://slsa.dev/spec/v1.0/provenance, of which this is the part that Shipline writes.
"""

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from pipeline_defs.release.provenance import provenance
from pipeline_defs.release.records import Image

_SOURCE = {
    "type": "object",
    "properties": {"uri": {"type": "string", "pattern": "^git[+]"}, "digest": {"$ref": "#/$defs/digest"}},
    "required": ["uri", "digest"],
    "additionalProperties": False,
}
STATEMENT = {
    "$defs": {
        "digest": {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
        "source": _SOURCE,
    },
    "type": "object",
    "required": ["_type", "subject", "predicateType", "predicate"],
    "additionalProperties": False,
    "properties": {
        "_type": {"const": "https://in-toto.io/Statement/v1"},
        "subject": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["digest"],
                "properties": {"name": {"type": "string"}, "digest": {"$ref": "#/$defs/digest"}},
                "additionalProperties": False,
            },
        },
        "predicateType": {"const": "https://slsa.dev/provenance/v1"},
        "predicate": {
            "type": "object",
            "required": ["buildDefinition", "runDetails"],
            "additionalProperties": False,
            "properties": {
                "buildDefinition": {
                    "type": "object",
                    "required": ["buildType", "externalParameters"],
                    "additionalProperties": False,
                    "properties": {
                        "buildType": {"type": "string"},
                        "externalParameters": {"type": "object"},
                        "internalParameters": {"type": "object"},
                        "resolvedDependencies": {"type": "array", "items": {"$ref": "#/$defs/source"}},
                    },
                },
                "runDetails": {
                    "type": "object",
                    "required": ["builder"],
                    "additionalProperties": False,
                    "properties": {
                        "builder": {
                            "type": "object",
                            "required": ["id"],
                            "additionalProperties": False,
                            "properties": {
                                "id": {"type": "string"},
                                "version": {"type": "object", "additionalProperties": {"type": "string"}},
                            },
                        },
                        "metadata": {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "invocationId": {"type": "string"},
                                "startedOn": {"type": "string"},
                                "finishedOn": {"type": "string", "pattern": "T.*(Z|[+]00:00)$"},
                            },
                        },
                    },
                },
            },
        },
    },
}
hexadecimal = st.text("0123456789abcdef", min_size=64, max_size=64)
images = st.builds(
    Image,
    app=st.just("shop"),
    repository=st.just("registry.example.org/team/shop"),
    digest=hexadecimal.map(lambda digits: f"sha256:{digits}"),
    version=st.just("1.4.2"),
    commit=hexadecimal,
    branch=st.text(),
    tree=hexadecimal,
    built_from=hexadecimal,
    pull=st.integers(0),
    issue=st.integers(0),
    run=st.uuids().map(str),
    at=st.just("2026-05-04T11:00:00+00:00"),
)


@given(images)
def test_it_has_the_published_form_and_its_subject_is_the_digest(image: Image) -> None:
    statement = provenance(image, "https://git.example.org/team/shop.git", "https://shipline.example.org", "0.1.0")
    jsonschema.validate(statement, STATEMENT)
    assert statement["subject"] == [
        {"name": image.repository, "digest": {"sha256": image.digest.removeprefix("sha256:")}}
    ]
