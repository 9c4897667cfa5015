"""Changes tick: one look at an app on GitHub by the sensor `github`, and what it says about it."""

from dagster import DagsterInstance
from pydantic import ValidationError

from pipeline_defs.config import App
from pipeline_defs.github.api import GitHubError
from pipeline_defs.github.changes.claims import Claims
from pipeline_defs.github.changes.polling import Busy, exclusive, poll
from pipeline_defs.github.github_resource import GitHubResource
from pipeline_defs.release.github_cursor import GitHubCursor
from pipeline_defs.runtime.automation.entries import GITHUB
from pipeline_defs.runtime.code_server import CodeServerUnavailable, code_server
from pipeline_defs.runtime.run_submission import Launcher

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
        handled = GitHubCursor.model_validate_json(entry) if entry else None
        launcher = Launcher(instance, None if preview or handled is None else code_server())
        claims = Claims(app, launcher, f"sensor {GITHUB}", GITHUB)
        with exclusive(instance, app):
            now, wrong = poll(app, github.open(app), handled, claims)
    except (GitHubError, CodeServerUnavailable, Busy) as error:
        raise NotLooked(str(error)) from error
    except ValidationError:
        raise NotLooked("what the storage says was handled cannot be read") from None
    said = _said(handled, now, claims, wrong)
    return (f"preview, nothing is started: {said}" if preview else said), now.model_dump_json()


def _said(before: GitHubCursor | None, now: GitHubCursor, claims: Claims, wrong: list[str]) -> str:
    if before is None:
        heads = ", ".join(f"{branch} at {head[:12]}" for branch, head in now.heads.items()) or "no branch yet"
        return f"first look: {heads}, {len(now.pulls)} open pull requests; what comes from now on is handled"
    more = [f"and {len(claims.said) - _MOST_SAID} more"] if len(claims.said) > _MOST_SAID else []
    return "; ".join([*wrong, *claims.said[:_MOST_SAID], *more])
