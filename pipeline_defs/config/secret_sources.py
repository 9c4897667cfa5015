"""Secret sources: the secrets that an app's file names, wherever they stand in it."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from pipeline_defs.config.app import App
from pipeline_defs.config.secret import Secret, SecretSource, SecretUnavailable
from pipeline_defs.config.secret_file import hidden_in


def sources(value: Any) -> Iterator[SecretSource]:
    """Every secret that is named anywhere in a model."""
    if isinstance(value, SecretSource):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from sources(getattr(value, name))
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from sources(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from sources(each)


def secrets_of(app: App, environment: str) -> list[Secret]:
    """All that must not be seen in what an environment says: its own secrets, and the app's others as far as they are here.

    Raises SecretUnavailable for one of the environment's own: what is not known cannot be masked.
    """
    config = app.environments[environment]
    own = [source.read() for source in dict.fromkeys(sources(config))]
    files = [part for source in config.secret_files.values() for part in hidden_in(source.read())]
    return [*own, *files, *known_secrets(app)]


def known_secrets(app: App) -> Iterator[Secret]:
    """Every secret that the app's file names and that is here; a user's name is none, and may be a word that everybody says."""
    name = app.registry.username if app.registry else None
    for source in dict.fromkeys(sources(app)):
        if source == name:
            continue
        try:
            yield source.read()
        except SecretUnavailable:
            continue
