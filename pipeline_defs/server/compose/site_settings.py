"""Site settings: what an environment gives to Compose and to the app's containers besides the release's own files."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from pipeline_defs.config.secret import Secret
from pipeline_defs.server.compose.bundle import FILE
from pipeline_defs.server.core.site import Site

Settings = Mapping[str, str | Secret]


def settings_of(site: Site) -> Settings:
    """The environment's variables, secrets and secret files; the names of the files begin with `./`. Raises SecretUnavailable."""
    config = site.config
    files = {f"{FILE}{PurePosixPath(path)}": secret.read() for path, secret in config.secret_files.items()}
    return {**config.environment, **{name: secret.read() for name, secret in config.secrets.items()}, **files}
