"""Traces: for deployments at random, what `trace` says against what really happened, in every field."""

from dataclasses import asdict
from random import Random
from typing import Any

from benchmarks.lineage.figures import Figures
from benchmarks.lineage.ground import Ground
from benchmarks.lineage.truth import Told
from benchmarks.parts import Tell
from pipeline_defs.lineage.store import Lineage, open_lineage
from pipeline_defs.release.trace import Trace

_NAMES = ("version", "digest", "commit", "short commit", "pull", "issue", "id")


def measure(ground: Ground, tell: Tell, times: int = 200) -> Figures:
    """Ask for deployments by one of their names each, and compare: which deployments, their fields, images and rehearsals."""
    dice = Random(7)
    everything = [told for app in ground.truth.deployments.values() for told in app]
    wrong = 0
    with open_lineage(ground.home) as lineage:
        for number in range(times):
            told = dice.choice(everything)
            named = _NAMES[number % len(_NAMES)]
            differences = compare(ground, lineage, told, named if told.pull or named not in ("pull", "issue") else "id")
            wrong += bool(differences)
            for each in differences[:3]:
                tell(f"{told.app} {told.id} by its {named}: {each}")
    return {"traces_checked": times, "trace_mismatches": wrong}


def compare(ground: Ground, lineage: Lineage, told: Told, named: str) -> list[str]:
    """What the trace of a deployment by one of its names says otherwise than the truth, a line each."""
    found = lineage.trace(told.app, _name(told, named))
    expected = {each.id: each for each in _expected(ground.truth.deployments[told.app], told, named)}
    rows = {row.id: row.model_dump(mode="json") for row in found.deployments}
    differences = [f"{id_} is missing" for id_ in expected.keys() - rows.keys()]
    differences += [f"{id_} does not belong there" for id_ in rows.keys() - expected.keys()]
    for id_ in expected.keys() & rows.keys():
        differences += _differences(expected[id_], rows[id_])
    if [row.id for row in found.deployments] != sorted(rows, reverse=True):
        differences.append("the deployments are not in the order of time")
    return differences + _evidence(ground, told, named, found)


def _name(told: Told, named: str) -> str:
    return {
        "version": told.version,
        "digest": told.digest,
        "commit": told.commit,
        "short commit": told.commit[:10],
        "pull": f"#{told.pull}",
        "issue": f"issue:{told.issue}",
        "id": told.id,
    }[named]


def _expected(app: list[Told], told: Told, named: str) -> list[Told]:
    if named == "id":
        return [each for each in app if each.id == told.id]
    if named == "version":
        return [each for each in app if each.version == told.version]
    return [each for each in app if each.digest in _digests(app, told, named)]


def _digests(app: list[Told], told: Told, named: str) -> set[str]:
    """The images that the name leads to: of a merge also those of the deployments that brought it, elsewhere or later."""
    merge = told.commit if named in ("commit", "short commit", "pull", "issue") else ""
    brought = {each.digest for each in app if merge in {one.commit for one in each.brought}}
    return {told.digest} | brought


def _differences(told: Told, row: dict[str, Any]) -> list[str]:
    expected = {**told.row(), "tests": told.tests, "brought": [asdict(each) for each in told.brought]}
    shown = {**row, "tests": row["tests"]["tests"] if row["tests"] else None, "brought": _brought(row["brought"])}
    return [
        f"{told.id}: {key} is {shown.get(key)!r}, not {value!r}"
        for key, value in expected.items()
        if shown.get(key) != value
    ]


def _brought(told: dict[str, Any] | None) -> list[dict[str, Any]]:
    found = zip(told["commits"], told["pulls"], told["issues"], strict=True) if told else ()
    return [{"commit": commit, "pull": pull, "issue": issue} for commit, pull, issue in found]


def _evidence(ground: Ground, told: Told, named: str, found: Trace) -> list[str]:
    """The images and rehearsals that belong to it."""
    app = ground.truth.deployments[told.app]
    rehearsed = [id_ for digest in _digests(app, told, named) for id_ in ground.truth.rehearsals[digest]]
    differences = []
    if sorted(row.id for row in found.rehearsals) != sorted(rehearsed):
        differences.append(f"{len(found.rehearsals)} rehearsals, not {len(rehearsed)}")
    image = next((each for each in found.images if each.version == told.version), None)
    if image is None or image.digest != told.digest:
        differences.append("its image is missing")
    elif told.pull and (image.pull, image.issue, image.commit) != (told.pull, told.issue, told.commit):
        differences.append(f"its image is of pull request {image.pull}, not {told.pull}")
    return differences
