"""Program log: what Shipline's own long-running programs say, as text for people or as JSON lines for what gathers them."""

import json
import logging
import os
from datetime import UTC, datetime

FORMAT = "SHIPLINE_LOG_FORMAT"
"""The variable: `json` in containers; without it text."""


def is_json() -> bool:
    """True where every line is to be JSON, so that nothing is told to people beside it."""
    return os.environ.get(FORMAT) == "json"


def write_log() -> None:
    """Let everything that this process logs, its libraries too, be written to standard error."""
    handler = logging.StreamHandler()
    if is_json():
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class JsonLines(logging.Formatter):
    """One JSON object a line, with the names that Dagster's own programs use: event, logger, level, timestamp, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message contains."""
        said = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)
