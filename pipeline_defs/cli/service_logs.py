"""Service logs: what the processes of a `shipline up` say, each in a file of its own."""

from pathlib import Path

from pipeline_defs.config import Home


def logs_folder(home: Home) -> Path:
    """Where the processes' logs are. Not `logs`: Dagster takes that folder for its telemetry, moves it, and empties it."""
    return home.root / "service-logs"


def fresh_logs(home: Home) -> Path:
    """The folder of the logs. The log of the start before is kept beside."""
    folder = logs_folder(home)
    for name in ("code", "webserver", "daemon", "webhooks", "observe"):
        log = folder / f"{name}.log"
        if log.exists():
            log.replace(folder / f"{name}.log.1")
    return folder
