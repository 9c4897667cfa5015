"""GitHub permissions: does GitHub let Shipline do what an app's file asks for?"""

from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from pipeline_defs.cli.cli_output import plain
from pipeline_defs.config import App


@dataclass(frozen=True)
class Permissions:
    """What GitHub said for one app: `missing` is {permission: what for}; `error` why it could not be asked, else empty."""

    app: str
    repository: str
    missing: dict[str, str] = field(default_factory=dict)
    error: str = ""

    @property
    def ok(self) -> bool:
        """True when nothing is missing."""
        return not self.missing and not self.error

    def data(self) -> dict[str, Any]:
        """As JSON."""
        missing = [{"permission": permission, "for": purpose} for permission, purpose in self.missing.items()]
        return {
            "app": self.app,
            "repository": self.repository,
            "ok": self.ok,
            "missing": missing,
            "error": self.error or None,
        }

    def shown(self) -> Text:
        """As people read it."""
        mark = ("✓ ", "green") if self.ok else ("✗ ", "red")
        text = Text.assemble(mark, (self.app, "bold"), f"  GitHub: {self.repository}")
        if self.ok:
            return text.append("  all permissions are there")
        if self.error:
            return text.append(f"\n    {plain(self.error)}")
        for permission, purpose in self.missing.items():
            text.append(f"\n    the permission {permission} is missing, {purpose}")
        return text


def permissions_of(app: App) -> Permissions:
    """Ask GitHub. Nothing is changed there, and every error becomes a sentence."""
    from pipeline_defs.github.api import GitHubError, open_repository
    from pipeline_defs.github.api.required_permissions import permissions_needed

    needed = permissions_needed(app)
    repository = app.full_name or ""
    try:
        missing = open_repository(app).permissions_missing(needed)
    except GitHubError as error:
        return Permissions(app.name, repository, error=str(error))
    return Permissions(app.name, repository, {permission: needed[permission] for permission in missing})
