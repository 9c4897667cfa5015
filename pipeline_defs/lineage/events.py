"""Events: under which names records stand in Dagster's storage."""

import warnings
from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipeline_defs.release.evidence import Record
from pipeline_defs.release.records import Image, Release
from pipeline_defs.release.run_tags import DIGEST

IMAGE = "image"
CHECKED = "checked"
REHEARSAL = "rehearsal"
PULL_REHEARSAL = "pull_rehearsal"
DEPLOYMENT = "deployment"
QUARANTINE = "quarantine"
DRIFT = "drift"
MAINTENANCE = "maintenance"
PERSON_RUN = "exec"
"""The metadata keys under which the records stand as JSON; CHECKED is the image of an untrusted run, which no deployment finds,
PULL_REHEARSAL the rehearsal of a pull request, of which no deployment knows,
QUARANTINE a person's word on a release, MAINTENANCE on the environment, PERSON_RUN a command that a person ran there, DRIFT what a
look at the servers found."""

LINT_COUNTS = "lint_counts"
TEST_COUNTS = "test_counts"
"""The same for the evidence of a stage, beside its output or its failure: it is known before there is an image, or without one."""

SKIPPED = "skipped"
"""Beside the output of a stage that had nothing to do: why, in a few words."""

DIGITS = 12
"""Digits of a commit or digest in run tags and texts for people."""

Metadata = dict[str, dg.MetadataValue[Any]]

# `Output(data_version=…)` is still marked as beta, which would be told in every run.
warnings.filterwarnings("ignore", message=".*data_version.*", category=dg.BetaWarning)


def image_key(app: str) -> dg.AssetKey:
    """The asset of an app's image."""
    return dg.AssetKey(f"{app}_image")


def part_key(app: str, image: str) -> dg.AssetKey:
    """The asset of one of several images of an app."""
    return dg.AssetKey(f"{app}_image_{image}")


def environment_key(app: str, environment: str) -> dg.AssetKey:
    """The asset of what runs in an environment."""
    return dg.AssetKey(f"{app}_{environment}")


def short(name: str) -> str:
    """The first digits of a commit or digest."""
    return name.removeprefix("sha256:")[:DIGITS]


def release_tags(fact: Image | Release) -> dict[str, str]:
    """Run tags by which people find a run: version, commit and digest."""
    tags = {"version": fact.version, "commit": short(fact.commit), DIGEST: short(fact.digest)}
    return {name: value for name, value in tags.items() if value}


def provenance(used: Mapping[dg.AssetKey, str]) -> dict[str, str]:
    """Tags that say which version of each upstream asset was used.

    Left to itself Dagster writes the newest version instead, which is another run's as soon as two of them interleave
    (https://github.com/dagster-io/dagster/issues/21436).
    """
    return {f"dagster/input_data_version/{key.to_user_string()}": version for key, version in used.items()}


def skipped(why: str) -> Metadata:
    """What a stage that had nothing to do says beside its output, such as "built before"."""
    return {SKIPPED: dg.MetadataValue.text(why)}


def evidence_metadata(evidence: Mapping[str, Record | None]) -> Metadata:
    """The evidence of one stage as JSON, by its key; what there is none of is left out."""
    found = {name: record for name, record in evidence.items() if record is not None}
    return {name: dg.MetadataValue.json(record.model_dump(mode="json")) for name, record in found.items()}
