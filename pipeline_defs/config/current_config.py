"""Current config: an app as its file and the home's `.env` are now, for sensors, which outlive many changes of both."""

import threading
from pathlib import Path

from pipeline_defs.config.app import App
from pipeline_defs.config.base_error import ShiplineError
from pipeline_defs.config.config_errors import ConfigError
from pipeline_defs.config.home import Home
from pipeline_defs.config.load import load_app


class NotLoaded(ShiplineError):
    """The app's file cannot be gone by now: it is wrong, or names what the loaded definitions do not have. A sentence."""


_lock = threading.Lock()
_read: dict[Path, App | ConfigError] = {}


def current(app: App) -> App:
    """The app as a run that starts now would read it; `app` itself where nothing has changed since it was read.

    Raises NotLoaded where its file is wrong now, or names other environments than the loaded definitions have jobs for.
    """
    Home.find()  # takes a changed `.env`
    if app.origin is None or app.origin.holds:
        return app
    found = _newest(app.origin.file)
    if isinstance(found, ConfigError):
        raise NotLoaded(f"{found}; nothing is started until it is right")
    if (found.name, found.staging, found.deployed, bool(found.github)) != (
        app.name, app.staging, app.deployed, bool(app.github),
    ):  # fmt: skip
        raise NotLoaded(
            f"{app.origin.file.name} has changed, and the definitions that are loaded have not its jobs yet; they are read anew by "
            'themselves in a moment, or by "Reload definitions"'
        )
    return found


def current_or_loaded(app: App) -> App:
    """The same for what starts nothing: the app as it was loaded where its file cannot be gone by now."""
    try:
        return current(app)
    except NotLoaded:
        return app


def _newest(file: Path) -> App | ConfigError:
    """The app's file as it is now, read once for each of its states."""
    with _lock:
        known = _read.get(file)
        if isinstance(known, App) and known.origin is not None and known.origin.holds:
            return known
        try:
            _read[file] = load_app(file)
        except ConfigError as error:
            _read[file] = error
        return _read[file]
