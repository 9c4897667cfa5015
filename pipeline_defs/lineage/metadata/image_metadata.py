"""Image metadata: an image's record as Dagster shows it."""

import dagster as dg

from pipeline_defs.lineage.events import CHECKED, IMAGE, short
from pipeline_defs.lineage.metadata.tables import Metadata, cell, steps_table, table, tests
from pipeline_defs.release.evidence import LintCounts
from pipeline_defs.release.records import Image, Release


def image_metadata(image: Image) -> Metadata:
    """An image's record, for people and as JSON."""
    entries = {
        **of_release(image),
        "branch": dg.MetadataValue.text(image.branch or "none"),
        "tags": dg.MetadataValue.text(", ".join(image.tags)),
        **_images(image),
        "built from": dg.MetadataValue.text(image.built_from),
        "seconds": dg.MetadataValue.float(round(sum((step.seconds for step in image.steps), 0.0), 1)),
        **steps_table(image.steps),
        **tests("tests", image.tests),
        "run": dg.MetadataValue.dagster_run(image.run),
    }
    if image.lint is not None:
        entries["lint"] = dg.MetadataValue.md(_lint(image.lint))
    return entries | {IMAGE: dg.MetadataValue.json(image.model_dump(mode="json"))}


def checked_metadata(image: Image) -> Metadata:
    """What an untrusted run found, for people and as JSON: an image's record without the image."""
    entries = image_metadata(image)
    del entries[IMAGE]
    return entries | {CHECKED: dg.MetadataValue.json(image.model_dump(mode="json"))}


def of_release(fact: Image | Release) -> Metadata:
    """By what a release is known."""
    return {
        "version": dg.MetadataValue.text(fact.version),
        "digest": dg.MetadataValue.text(fact.digest),
        "commit": dg.MetadataValue.text(fact.commit),
    }


def _images(image: Image) -> Metadata:
    """The entry for the images of a set."""
    if not image.images:
        return {}
    rows = [(each.name, each.repository, each.digest, short(each.built_from)) for each in image.images]
    return {"images": dg.MetadataValue.md(table(("image", "name", "digest", "built from"), rows))}


def _lint(lint: LintCounts) -> str:
    head = f"`{cell(lint.command)}`: {lint.errors} errors, {lint.warnings} warnings"
    codes = table(("code", "count:"), lint.by_code.items())
    return f"{head}\n\n{codes}" if lint.by_code else head
