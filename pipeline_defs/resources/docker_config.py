"""Client configuration: a folder with a docker client's settings for a few calls alone, such as one registry's login."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline_defs.config.secret import Secret
from pipeline_defs.resources.docker_client import Client
from pipeline_defs.resources.scratch import scratch


@contextmanager
def client_config(workspace: Path, client: Client, content: Secret) -> Iterator[dict[str, str]]:
    """The environment in which docker has these settings (JSON), none of this user's logins, proxies and builders, but its plugins.

    The file has mode 0600 and is removed afterwards.
    """
    given = os.environ.get("DOCKER_CONFIG")
    plugins = (Path(given) if given else Path.home() / ".docker") / "cli-plugins"
    with scratch(workspace / "logins") as folder:
        file = os.open(folder / "config.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(content.reveal())
        if plugins.is_dir():
            (folder / "cli-plugins").symlink_to(plugins.resolve())
        yield {"DOCKER_CONFIG": str(folder), "DOCKER_HOST": client.host}
