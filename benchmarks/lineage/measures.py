"""Measures: `shipline metrics` against what the generator saw happen, counted day by day by the clock of some time zones."""

import json
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from benchmarks.lineage.figures import Figures
from benchmarks.lineage.ground import Ground
from benchmarks.lineage.story import EUROPE, PRODUCTION
from benchmarks.lineage.truth import Delivered
from benchmarks.parts import Failed, Tell
from pipeline_defs.cli.main import command_line

_ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Europe/London")
_DAYS = (14, 90, 730)  # told by days, weeks and months
_HAIR = 0.002  # seconds and parts that rounding may move a figure


def measure(ground: Ground, tell: Tell, apps: int = 10) -> Figures:
    """Compare the measures of some apps' environments, for the whole and for each day, week or month."""
    checked = wrong = 0
    for number, app in enumerate(list(ground.truth.deployments)[:apps]):
        for environment in (PRODUCTION, EUROPE):
            zone = ZoneInfo(_ZONES[number % len(_ZONES)])
            for days in _DAYS:
                told = _told(app, environment, days, zone.key)
                found = ground.truth.delivered.get((app, environment), [])
                differences = compare(told, found, zone, days)
                checked += 1
                wrong += bool(differences)
                for each in differences[:3]:
                    tell(f"{app} {environment}, {days} days, {zone.key}: {each}")
    return {"metrics_checked": checked, "metrics_mismatches": wrong}


def _told(app: str, environment: str, days: int, zone: str) -> dict[str, Any]:
    words = ["--json", "metrics", app, "--environment", environment, "--since", f"{days}d", "--timezone", zone]
    done = CliRunner().invoke(command_line(), words)
    if done.exit_code:
        raise Failed(f"shipline {' '.join(words)}: {done.output or done.exception}")
    told: dict[str, Any] = json.loads(done.stdout)["apps"][0]
    return told


def compare(told: dict[str, Any], found: Iterable[Delivered], zone: ZoneInfo, days: int) -> list[str]:
    """What differs, for the whole period and each of its parts; the period is the one that the command says it looked at."""
    begin, end = datetime.fromisoformat(told["begin"]), datetime.fromisoformat(told["end"])
    within = [each for each in found if begin <= each.at < end]
    differences = [f"in all: {each}" for each in _differences(told, within, begin, end)]
    parts: dict[date, list[Delivered]] = defaultdict(list)
    for each in within:
        parts[_part(each.at.astimezone(zone).date(), days)].append(each)
    shown = {}
    for part in told["periods"]:
        of = _part(datetime.fromisoformat(part["begin"]).astimezone(zone).date(), days)
        shown[of] = part
        if of != _part(begin.astimezone(zone).date(), days) and datetime.fromisoformat(part["begin"]) != _midnight(
            of, zone
        ):
            differences.append(f"{of} begins at {part['begin']}")
        since, until = datetime.fromisoformat(part["begin"]), datetime.fromisoformat(part["end"])
        differences += [f"{of}: {each}" for each in _differences(part, parts[of], since, until)]
    return differences + [f"{of} is missing" for of in parts.keys() - shown.keys()]


def _part(day: date, days: int) -> date:
    """The first day of the part that a day belongs to."""
    if days <= 21:
        return day
    return day - timedelta(day.weekday()) if days <= 200 else day.replace(day=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _differences(told: dict[str, Any], found: list[Delivered], begin: datetime, end: datetime) -> list[str]:
    shipped, failed = [each for each in found if each.shipped], [each for each in found if each.failed]
    mended = [(each.restored - each.broken).total_seconds() for each in failed if each.restored and each.broken]
    expected = {
        "deployments": len(found),
        "shipped": len(shipped),
        "per_week": len(shipped) / ((end - begin).total_seconds() / 604_800),
        "failed": len(failed),
        "failure_rate": len(failed) / len(found) if found else None,
        "unrestored": len(failed) - len(mended),
        "untold": 0,
        **_spread("lead_time", [lead for each in shipped for lead in each.leads]),
        **_spread("restore_time", mended),
    }
    flat = {
        **told,
        **{
            f"{name}.{key}": value
            for name in ("lead_time", "restore_time")
            for key, value in (told[name] or {}).items()
        },
    }
    return [
        f"{key} is {flat.get(key)}, not {value}" for key, value in expected.items() if not _same(flat.get(key), value)
    ]


def _spread(name: str, seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    ninth = sorted(seconds)[math.ceil(len(seconds) * 0.9) - 1]
    figures = {"count": len(seconds), "median": statistics.median(seconds), "p90": ninth, "longest": max(seconds)}
    return {f"{name}.{key}": value for key, value in figures.items()}


def _same(told: Any, expected: float | None) -> bool:
    if told is None or expected is None:
        return told is expected
    return math.isclose(told, expected, rel_tol=1e-9, abs_tol=_HAIR)
