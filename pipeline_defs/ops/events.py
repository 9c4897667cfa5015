"""Events: records as Dagster keeps them, written for people and read back by this run."""

import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import dagster as dg

from pipeline_defs.release.evidence import Record, StepTiming, TestCounts
from pipeline_defs.release.records import Deployment, Image, Outcome, Rehearsal, Release

IMAGE = "image"
REHEARSAL = "rehearsal"
DEPLOYMENT = "deployment"
"""The metadata keys under which the records stand as JSON."""

LINT_COUNTS = "lint_counts"
TEST_COUNTS = "test_counts"
"""The same for the evidence of a stage, beside its output or its failure: it is known before there is an image, or without one."""

DIGITS = 12
"""Digits of a commit or digest in run tags and texts for people."""

_Fact = TypeVar("_Fact", bound=Record)
Metadata = dict[str, dg.MetadataValue[Any]]

# `Output(data_version=…)` is still marked as beta, which would be told in every run.
warnings.filterwarnings("ignore", message=".*data_version.*", category=dg.BetaWarning)


def image_key(app: str) -> dg.AssetKey:
    """The asset of an app's image."""
    return dg.AssetKey(f"{app}_image")


def environment_key(app: str, environment: str) -> dg.AssetKey:
    """The asset of what runs in an environment."""
    return dg.AssetKey(f"{app}_{environment}")


def short(name: str) -> str:
    """The first digits of a commit or digest."""
    return name.removeprefix("sha256:")[:DIGITS]


def release_tags(fact: Image | Release) -> dict[str, str]:
    """Run tags by which people find a run: version, commit and digest."""
    tags = {"version": fact.version, "commit": short(fact.commit), "digest": short(fact.digest)}
    return {name: value for name, value in tags.items() if value}


def provenance(used: Mapping[dg.AssetKey, str]) -> dict[str, str]:
    """Tags that say which version of each upstream asset was used.

    Left to itself Dagster writes the newest version instead, which is another run's as soon as two of them interleave
    (https://github.com/dagster-io/dagster/issues/21436).
    """
    return {f"dagster/input_data_version/{key.to_user_string()}": version for key, version in used.items()}


def facts_of_run(
    instance: dg.DagsterInstance, run: str, asset: dg.AssetKey, key: str, model: type[_Fact]
) -> list[_Fact]:
    """The records a run wrote under a metadata key of an asset, in the order in which it wrote them."""
    kinds = {dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_OBSERVATION}
    found = []
    for event in instance.all_logs(run, of_type=kinds):
        what = event.asset_materialization or event.asset_observation
        if what is not None and what.asset_key == asset and key in what.metadata:
            found.append(model.model_validate(what.metadata[key].value))
    return found


def open_deployments(instance: dg.DagsterInstance, run: str, app: str, environment: str) -> list[Deployment]:
    """The deployments that a run began and whose end it did not write."""
    written = facts_of_run(instance, run, environment_key(app, environment), DEPLOYMENT, Deployment)
    return [last for last in {row.id: row for row in written}.values() if last.outcome is Outcome.STARTED]


def evidence_metadata(evidence: Mapping[str, Record | None]) -> Metadata:
    """The evidence of one stage as JSON, by its key; what there is none of is left out."""
    found = {name: record for name, record in evidence.items() if record is not None}
    return {name: dg.MetadataValue.json(record.model_dump(mode="json")) for name, record in found.items()}


def image_metadata(image: Image) -> Metadata:
    """An image's record, for people and as JSON."""
    entries = {
        **_of_release(image),
        "branch": dg.MetadataValue.text(image.branch or "none"),
        "tags": dg.MetadataValue.text(", ".join(image.tags)),
        "built from": dg.MetadataValue.text(image.built_from),
        "seconds": dg.MetadataValue.float(round(sum((step.seconds for step in image.steps), 0.0), 1)),
        **_steps(image.steps),
        **_tests("tests", image.tests),
        "run": dg.MetadataValue.dagster_run(image.run),
    }
    if image.lint is not None:
        entries["lint"] = dg.MetadataValue.md(_lint_table(image))
    return entries | {IMAGE: dg.MetadataValue.json(image.model_dump(mode="json"))}


def rehearsal_metadata(row: Rehearsal) -> Metadata:
    """A rehearsal's record, for people and as JSON."""
    size = "none: production had no database yet" if row.database_bytes is None else _size(row.database_bytes)
    entries = {**_of_attempt(row), "restored database": dg.MetadataValue.text(size)}
    if row.outcome is Outcome.STARTED:
        del entries["restored database"]
    return entries | {REHEARSAL: dg.MetadataValue.json(row.model_dump(mode="json"))}


def deployment_metadata(row: Deployment) -> Metadata:
    """A deployment's record, for people and as JSON."""
    entries = {**_of_attempt(row), **_texts({"backup": row.backup or ""})}
    return entries | {DEPLOYMENT: dg.MetadataValue.json(row.model_dump(mode="json"))}


def steps_table(steps: Sequence[StepTiming]) -> str:
    """Steps as a Markdown table."""
    rows = [f"| {_cell(step.step)} | {step.seconds:.1f} | {step.outcome} |" for step in steps]
    return "\n".join(["| step | seconds | outcome |", "|---|---:|---|", *rows])


def steps_text(steps: Sequence[StepTiming]) -> str:
    """Steps as aligned lines, for logs, which do not render Markdown."""
    width = max((len(step.step) for step in steps), default=0)
    return "\n".join(f"{step.step:<{width}}  {step.seconds:7.1f} s  {step.outcome}" for step in steps)


def _of_release(fact: Image | Release) -> Metadata:
    return {
        "version": dg.MetadataValue.text(fact.version),
        "digest": dg.MetadataValue.text(fact.digest),
        "commit": dg.MetadataValue.text(fact.commit),
    }


def _of_attempt(row: Rehearsal | Deployment) -> Metadata:
    """What people look for first comes first."""
    why = {"outcome": row.outcome.value}
    if isinstance(row, Deployment):
        why = {
            "kind": row.kind.value,
            **why,
            "previous version": row.previous.version if row.previous else "",
            "because of": row.because_of or "",
            "reason": row.reason,
        }
    return {
        "version": dg.MetadataValue.text(row.release.version),
        **_texts({**why, "error": row.error or ""}),
        **_of_release(row.release),
        "started": dg.MetadataValue.timestamp(datetime.fromisoformat(row.started)),
        "seconds": dg.MetadataValue.float(row.seconds),
        **_texts({"actor": row.actor}),
        "run": dg.MetadataValue.dagster_run(row.run),
        **_texts({"revision": row.revision or "", "log": row.log or ""}),
        **_steps(row.steps),
        **_tests("tests", row.tests),
        **_tests("e2e", row.e2e),
    }


def _texts(texts: Mapping[str, str]) -> Metadata:
    """Entries for the texts that are not empty."""
    return {name: dg.MetadataValue.text(text) for name, text in texts.items() if text}


def _steps(steps: Sequence[StepTiming]) -> Metadata:
    if not steps:
        return {}
    return {"steps": dg.MetadataValue.md(steps_table(steps))}


def _tests(name: str, counts: TestCounts | None) -> Metadata:
    if counts is None:
        return {}
    good = counts.tests - counts.failures - counts.errors - counts.skipped
    head = ["| passed | failed | broken | skipped | seconds |", "|---:|---:|---:|---:|---:|"]
    numbers = f"| {good} | {counts.failures} | {counts.errors} | {counts.skipped} | {counts.seconds:.1f} |"
    failed = [f"- `{_cell(each.name)}`: {_cell(each.message)}" for each in counts.failed]
    return {name: dg.MetadataValue.md("\n".join([*head, numbers, *([""] if failed else []), *failed]))}


def _lint_table(image: Image) -> str:
    assert image.lint is not None
    head = [f"`{_cell(image.lint.command)}`: {image.lint.errors} errors, {image.lint.warnings} warnings", ""]
    if not image.lint.by_code:
        return head[0]
    codes = [f"| {_cell(code)} | {count} |" for code, count in image.lint.by_code.items()]
    return "\n".join([*head, "| code | count |", "|---|---:|", *codes])


def _cell(text: str) -> str:
    """One line that cannot break out of a table's cell or its code marks."""
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")[:300]


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
