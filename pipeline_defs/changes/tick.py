"""Tick: one look of the sensor `<app>_github`, and what it says about it."""

import dagster as dg
from pydantic import ValidationError

from pipeline_defs.changes.claims import Claims
from pipeline_defs.changes.look import Busy, alone, look
from pipeline_defs.code_server import CodeServerAway, code_server
from pipeline_defs.config import App
from pipeline_defs.launch import Launcher
from pipeline_defs.release.handled import Handled
from pipeline_defs.resources.github import GitHubError
from pipeline_defs.resources.github_resource import GitHubResource

_MOST_SAID = 5


def tick(
    context: dg.SensorEvaluationContext, app: App, github: GitHubResource, sensor: str
) -> dg.SensorResult | dg.SkipReason:
    """Look at all that may have changed, and claim the runs that answer it. `sensor` is the name under which the UI lists them."""
    preview = _is_preview(context)
    try:
        handled = Handled.model_validate_json(context.cursor) if context.cursor else None
        launcher = Launcher(context.instance, None if preview or handled is None else code_server())
        claims = Claims(app, launcher, f"sensor {sensor}", sensor)
        with alone(context.instance, app):
            now, wrong = look(app, github.open(app), handled, claims)
    except (GitHubError, CodeServerAway, Busy) as error:
        return dg.SkipReason(str(error))
    except ValidationError:
        return dg.SkipReason("the cursor is not one of Shipline's; empty it, and the next look begins anew")
    said = _said(handled, now, claims, wrong)
    if preview:
        return dg.SkipReason(f"preview, nothing is started: {said}")
    return dg.SensorResult(skip_reason=said, cursor=now.model_dump_json())


def _is_preview(context: dg.SensorEvaluationContext) -> bool:
    """True when somebody tests the sensor in Dagster's UI: the daemon always says when it was started or ticked last."""
    return context.last_sensor_start_time is None and context.last_tick_completion_time is None


def _said(before: Handled | None, now: Handled, claims: Claims, wrong: list[str]) -> str:
    if before is None:
        heads = ", ".join(f"{branch} at {head[:12]}" for branch, head in now.heads.items()) or "no branch yet"
        return f"first look: {heads}, {len(now.pulls)} open pull requests; what comes from now on is handled"
    more = [f"and {len(claims.said) - _MOST_SAID} more"] if len(claims.said) > _MOST_SAID else []
    return "; ".join([*wrong, *claims.said[:_MOST_SAID], *more]) or "nothing new"
