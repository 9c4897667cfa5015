"""Apps folder: the apps' files as they are now, for programs that run for long. They are read anew when one of them
or `.env` has changed.
"""

from pathlib import Path

from pipeline_defs.config.app import App
from pipeline_defs.config.config_errors import ConfigError
from pipeline_defs.config.home import Home
from pipeline_defs.config.load import load_apps
from pipeline_defs.config.settings_file import Stamp, stamp_of, taken_stamp


class AppsFolder:
    """The apps' files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: frozenset[tuple[str, Stamp]] | None = None
        self._apps: dict[str, App] = {}
        self._errors: list[ConfigError] = []

    def apps(self) -> dict[str, App]:
        """The apps by name; those whose files are wrong are not among them."""
        self._read()
        return self._apps

    def errors(self) -> list[ConfigError]:
        """What is wrong, one for each file that cannot be used."""
        self._read()
        return self._errors

    def _read(self) -> None:
        Home.find()  # takes a changed `.env`, whose variables may stand in the files
        files = [*self._folder.glob("*.yaml"), *self._folder.glob("*.yml")]
        stamp = frozenset([("", taken_stamp()), *((file.name, stamp_of(file)) for file in files)])
        if stamp != self._stamp:
            self._apps, self._errors = load_apps(self._folder)
            self._stamp = stamp
