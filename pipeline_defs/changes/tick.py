"""Tick: one look at an app on GitHub by the sensor `github`, and what it says about it."""

from dagster import DagsterInstance
from pydantic import ValidationError

from pipeline_defs.automation.entries import GITHUB
from pipeline_defs.changes.claims import Claims
from pipeline_defs.changes.look import Busy, alone, look
from pipeline_defs.code_server import CodeServerAway, code_server
from pipeline_defs.config import App
from pipeline_defs.launch import Launcher
from pipeline_defs.release.handled import Handled
from pipeline_defs.resources.github import GitHubError
from pipeline_defs.resources.github_resource import GitHubResource

_MOST_SAID = 5


class NotLooked(Exception):
    """GitHub, or the code server, could not be asked; the message is a sentence."""


def look_once(
    instance: DagsterInstance, app: App, github: GitHubResource, entry: str | None, *, preview: bool
) -> tuple[str, str]:
    """Look at all that may have changed, and claim the runs that answer it. Gives a sentence about it, and the new entry.

    In a preview nothing is claimed. Raises NotLooked.
    """
    try:
        handled = Handled.model_validate_json(entry) if entry else None
        launcher = Launcher(instance, None if preview or handled is None else code_server())
        claims = Claims(app, launcher, f"sensor {GITHUB}", GITHUB)
        with alone(instance, app):
            now, wrong = look(app, github.open(app), handled, claims)
    except (GitHubError, CodeServerAway, Busy) as error:
        raise NotLooked(str(error)) from error
    except ValidationError:
        raise NotLooked("what the storage says was handled cannot be read") from None
    said = _said(handled, now, claims, wrong)
    return (f"preview, nothing is started: {said}" if preview else said), now.model_dump_json()


def _said(before: Handled | None, now: Handled, claims: Claims, wrong: list[str]) -> str:
    if before is None:
        heads = ", ".join(f"{branch} at {head[:12]}" for branch, head in now.heads.items()) or "no branch yet"
        return f"first look: {heads}, {len(now.pulls)} open pull requests; what comes from now on is handled"
    more = [f"and {len(claims.said) - _MOST_SAID} more"] if len(claims.said) > _MOST_SAID else []
    return "; ".join([*wrong, *claims.said[:_MOST_SAID], *more])
