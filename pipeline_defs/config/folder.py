"""Folder: the apps' files as they are now, for programs that run for long. They are read anew when one of them has changed."""

from pathlib import Path

from pipeline_defs.config.app import App
from pipeline_defs.config.errors import ConfigError
from pipeline_defs.config.load import load_apps


class AppsFolder:
    """The apps' files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: frozenset[tuple[str, int]] | None = None
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
        files = [file for file in self._folder.glob("*.y*ml") if file.is_file()]
        stamp = frozenset((file.name, file.stat().st_mtime_ns) for file in files)
        if stamp != self._stamp:
            self._apps, self._errors = load_apps(self._folder)
            self._stamp = stamp
