"""Pull place: the place in which a pull request is rehearsed, derived from the environment that rehearses merges."""

import secrets
from collections.abc import Mapping
from functools import cached_property

from pipeline_defs.config.app import App
from pipeline_defs.config.environment import Environment
from pipeline_defs.config.pull_preview import PullPreview
from pipeline_defs.config.secret import Secret, SecretSource
from pipeline_defs.config.stage_hooks import Hooks

SUFFIX = "-pull-"
"""Between the names of the environment and the number of the pull request. No environment in a file has a dash in its name."""


class PullEnvironment(Environment):
    """Where one pull request is rehearsed; its code is not merged.

    `base` is the branch that it is to be merged into; `preview` says how it stays up once it has passed, None: it does not.
    """

    base: str = ""
    pull: int = 0
    preview: PullPreview | None = None


class _StandIn(SecretSource):
    """A random value in place of a secret; the same each time it is read."""

    @cached_property
    def _value(self) -> Secret:
        return Secret(secrets.token_hex(16))

    def read(self) -> Secret:
        """The value."""
        return self._value


def with_pull_place(app: App, pull: int, base: str) -> tuple[App, str]:
    """The app with one more environment, for the rehearsal of a pull request, and the name of that.

    It has a folder and a compose project of its own, publishes nothing, runs no hooks, and sees no secret but those of the app's key
    `stage`.
    """
    assert app.staging is not None
    rehearsing = app.environments[app.staging]
    name = f"{app.staging}{SUFFIX}{pull}"
    directory = rehearsing.directory
    place = PullEnvironment.model_construct(
        **{
            **dict(rehearsing),
            "directory": directory.with_name(f"{directory.name}{SUFFIX}{pull}"),
            "secrets": {**_stand_ins(rehearsing.secrets), **app.stage.secrets},
            "secret_files": dict(app.stage.secret_files),
            "url": None,
            "route": None,
            "keep_running": False,
            "hooks": Hooks(),
            "base": base,
            "pull": pull,
            "preview": app.stage.kept,
        }
    )
    return app.model_copy(update={"environments": {**app.environments, name: place}}), name


def _stand_ins(names: Mapping[str, SecretSource]) -> dict[str, SecretSource]:
    return {name: _StandIn(env="STAND_IN") for name in names}
